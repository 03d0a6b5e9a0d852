-- Versions before 3.2 cannot pay with Wero: ask for an update, below whatever else the cart says.
campaign "app-update" {
  priority = 10,
  audience = "app behind",
  show     = {
    banner = { title = "Your cart", notice = "Update the app to pay with Wero (you have {{app.version}})." },
  },
}
