package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Cart is what a buyer collects to order it together. Nothing in it is reserved.
type Cart struct {
	// Lines are in the order in which they were put in, each of another product.
	Lines []CartLine `json:"lines,omitempty"`
	// Acts are the latest acts that changed it, so that one which is handled again changes nothing.
	Acts []string `json:"acts,omitempty"`
	// Changed is when it changed last; CartLife later it ends.
	Changed time.Time `json:"changed"`
}

// CartLine is a product in a cart, as the buyer saw it when its quantity was chosen.
type CartLine struct {
	Item

	Title catalog.Text `json:"title"`
	Price money.Amount `json:"price"` // of one
}

const (
	// MaxCartLines is how many products a cart holds.
	MaxCartLines = 15
	// CartLife is how long a cart is kept after its last change.
	CartLife = 30 * 24 * time.Hour
	// maxCartActs is more than the presses that can wait in the queue of a chat.
	maxCartActs = 50
)

var (
	// ErrCartFull says that a cart has MaxCartLines products already.
	ErrCartFull = errors.New("the cart is full")
	// ErrCartMoved says that what a cart holds or costs is not what the buyer was shown.
	ErrCartMoved = errors.New("the cart is not what was shown")
)

// Carts keeps carts. Each method is one durable transaction, as in Store.
type Carts interface {
	// Cart reads a buyer's cart; the zero Cart if there is none, or its time is over.
	Cart(ctx context.Context, buyer int64) (Cart, error)
	// ChangeCart applies a rule to a buyer's cart and returns the result. The rule is pure. If it
	// returns an error, nothing is written; with ErrUnchanged the cart is returned as it is, and no
	// error.
	ChangeCart(ctx context.Context, buyer int64, rule func(*Cart) error) (Cart, error)
}

// Over reports whether a cart's time is over.
func (c *Cart) Over(now time.Time) bool {
	return now.Sub(c.Changed) >= CartLife || ClockWasAhead(c.Changed, now)
}

// Count is how many pieces are in the cart.
func (c *Cart) Count() (n int) {
	for i := range c.Lines {
		n += c.Lines[i].Quantity
	}
	return n
}

// Quantity is how many pieces of a product are in the cart.
func (c *Cart) Quantity(sku string) int {
	if i := c.index(sku); i >= 0 {
		return c.Lines[i].Quantity
	}
	return 0
}

func (c *Cart) index(sku string) int {
	return slices.IndexFunc(c.Lines, func(l CartLine) bool { return strings.EqualFold(l.SKU, sku) })
}

// put sets the line of a product, and takes it out if its quantity is not more than 0. ErrCartFull.
func (c *Cart) put(l CartLine) error {
	i := c.index(l.SKU)
	lines := slices.Clone(c.Lines)
	switch {
	case l.Quantity <= 0 && i >= 0:
		lines = slices.Delete(lines, i, i+1)
	case l.Quantity <= 0:
	case i >= 0:
		lines[i] = l
	case len(lines) >= MaxCartLines:
		return ErrCartFull
	default:
		lines = append(lines, l)
	}
	c.Lines = lines
	return nil
}

// Violations tells in words what cannot be true of a stored cart. They go on after "cart of buyer X".
func (c *Cart) Violations() (v []string) {
	if len(c.Lines) == 0 || len(c.Lines) > MaxCartLines {
		v = append(v, fmt.Sprintf("has %d lines", len(c.Lines)))
	}
	for i := range c.Lines {
		if c.Lines[i].Quantity <= 0 || c.index(c.Lines[i].SKU) != i {
			v = append(v, fmt.Sprintf("has line %d for %d of %s", i+1, c.Lines[i].Quantity, c.Lines[i].SKU))
		}
	}
	return v
}

// acted notes an act, "" for one that may be repeated. ErrUnchanged if it was noted before.
func (c *Cart) acted(act string, at time.Time) error {
	if act != "" {
		if slices.Contains(c.Acts, act) {
			return ErrUnchanged
		}
		c.Acts = append(slices.Clone(c.Acts[max(len(c.Acts)-maxCartActs+1, 0):]), act)
	}
	c.Changed = at
	return nil
}

// Cart reads a buyer's cart.
func (s *Shop) Cart(ctx context.Context, buyer int64) (Cart, error) { return s.store.Cart(ctx, buyer) }

// PutInCart adds an item to a buyer's cart. The act is the press of a button; once more, it adds
// nothing. Errors: ErrUnknownProduct, ErrUnanswered, ErrCartFull, *QuantityError if more would be in
// the cart than an order takes, *SoldOutError if fewer are for sale; of both the quantity is what the
// cart would have.
func (s *Shop) PutInCart(ctx context.Context, buyer int64, item Item, act string) (Cart, error) {
	return s.changeCart(ctx, buyer, item, act, func(now int) int { return now + item.Quantity })
}

// StepInCart adds by pieces of a product to those that the cart has and that can be ordered now, or
// takes them out; by may be less than 0. Errors: as of PutInCart.
func (s *Shop) StepInCart(ctx context.Context, buyer int64, sku string, by int, act string) (Cart, error) {
	return s.changeCart(ctx, buyer, Item{SKU: sku}, act, func(now int) int { return now + by })
}

// SetInCart sets how many pieces of a product are in the cart; 0 takes it out. Errors: as of
// PutInCart.
func (s *Shop) SetInCart(ctx context.Context, buyer int64, sku string, n int) (Cart, error) {
	return s.changeCart(ctx, buyer, Item{SKU: sku}, "", func(int) int { return n })
}

// changeCart changes the quantity of one product. to tells how many there are to be, from how many of
// the cart's can be ordered now. A line has the item's answers, or those that it has had.
func (s *Shop) changeCart(ctx context.Context, buyer int64, item Item, act string, to func(now int) int) (Cart, error) {
	of := s.cfg.Catalog()
	p, offered := of.Offered(item.SKU)
	if !offered {
		p = catalog.Product{SKU: item.SKU}
	}
	free, limited, err := s.freeOf(ctx, p)
	if err != nil {
		return Cart{}, err
	}
	most := p.Limit
	if limited {
		most = min(most, free)
	}
	at := now()
	return s.store.ChangeCart(ctx, buyer, func(c *Cart) error {
		if err := c.acted(act, at); err != nil {
			return err
		}
		line := CartLine{Item: Item{SKU: p.SKU, Answers: item.Answers}, Title: p.Title}
		had := c.Quantity(p.SKU)
		if had > 0 && item.Answers == nil {
			line.Answers = c.Lines[c.index(p.SKU)].Answers
		}
		switch line.Quantity = to(min(had, most)); {
		case line.Quantity <= 0:
			return c.put(line)
		case !offered:
			return fmt.Errorf("%w: %q", ErrUnknownProduct, item.SKU)
		case line.Quantity > p.Limit:
			return &QuantityError{SKU: p.SKU, Quantity: line.Quantity, Limit: p.Limit}
		case line.Quantity > most:
			return &SoldOutError{SKU: p.SKU, Left: free}
		}
		if err := answered(&p, line.Item); err != nil {
			return err
		}
		line.Price = p.UnitPrice(line.Quantity, of.Shop.DateOf(at))
		return c.put(line)
	})
}

// freeOf is how many units of a product are for sale; limited is false for one that never runs out.
func (s *Shop) freeOf(ctx context.Context, p catalog.Product) (free int, limited bool, err error) {
	if !p.Deliver.FromStock() {
		return 0, false, nil
	}
	stock, err := s.store.StockOf(ctx, p.SKU)
	return stock.Free, true, err
}

// BackToCart puts the lines of a buyer's own order into the cart, as they were ordered, for another
// try. A product that is there already has the larger quantity of both. Doing it again changes nothing.
// Errors: ErrNotFound, ErrCartFull.
func (s *Shop) BackToCart(ctx context.Context, buyer int64, id OrderID) (Cart, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil {
		return Cart{}, err
	}
	at := now()
	return s.store.ChangeCart(ctx, buyer, func(c *Cart) error {
		before := c.Count()
		for _, l := range o.Lines {
			if l.Quantity <= c.Quantity(l.SKU) {
				continue
			}
			item := Item{SKU: l.SKU, Quantity: l.Quantity, Answers: l.Answers}
			if err := c.put(CartLine{Item: item, Title: l.Title, Price: l.Price}); err != nil {
				return err
			}
		}
		if c.Count() == before {
			return ErrUnchanged
		}
		return c.acted("", at)
	})
}
