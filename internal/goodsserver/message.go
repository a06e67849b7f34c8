package goodsserver

// message is the body of a request. What it says of a person is what a server needs to make goods.
type message struct {
	Event    string `json:"event"`
	Order    string `json:"order,omitempty"`
	Line     int    `json:"line,omitempty"` // from 1
	SKU      string `json:"sku,omitempty"`
	Title    string `json:"title,omitempty"`
	Quantity int    `json:"quantity,omitempty"`
	// Buyer is the same in all orders of a person, and not their Telegram id.
	Buyer    string `json:"buyer,omitempty"`
	Language string `json:"language,omitempty"`
	Price    string `json:"price,omitempty"` // of the line
	Currency string `json:"currency,omitempty"`
}
