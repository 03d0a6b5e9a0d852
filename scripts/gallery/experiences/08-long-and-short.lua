-- One message, long where there is room and short where there is none: a text message holds 160 characters.
local LONG = "Your parcel is ready at the counter. Bring the code from your order, or an identity card; we keep it for ten days."

campaign "parcel-ready" {
  priority = 30,
  audience = function(p, request) return request.context.parcel ~= nil end,
  show = {
    hero   = "<p>" .. LONG .. "</p>",
    notice = function(_, request)
      local text = "Parcel " .. tostring(request.context.parcel) .. " is ready. Code in your order."
      return #text <= 160 and text or "Your parcel is ready."
    end,
  },
}
