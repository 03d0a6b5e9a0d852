-- The strip above the price: advisers' hours, the members' price, the sale.
cases "strip" { rows "product.csv" }
