-- The evening before the sale, for the guests on the list only.
campaign "vip-evening" {
  priority = 95,
  tags     = { "price" },
  from     = "2027-01-05T18:00", till = "2027-01-06T08:00",
  audience = in_list "vip.csv",
  show     = { hero = [[<h1>{{default person.name "Good evening"}}, the sale is yours tonight</h1>]] },
}
