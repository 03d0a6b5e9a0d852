-- The advisers' number beside the product, while somebody picks up the phone.
campaign "hotline" {
  priority = 50,
  audience = everyone,
  schedule = {
    weekly { "mon-fri", "08:00-12:30", "13:30-20:00" },
    weekly { "sat", "09:00-18:00" },
    except { "2026-11-11", "2026-12-25", "2026-12-31/2027-01-01", "2027-03-29" },
    zone = "Europe/Paris",
  },
  show = { product = { element("help", [[<p>Questions? <a href="tel:+33142000000">01 42 00 00 00</a></p>]]) } },
}
