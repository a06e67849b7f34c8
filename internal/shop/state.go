package shop

import (
	"errors"
	"fmt"
	"slices"
)

// State is where an order is in its life. The words are stored on disk.
type State string

// The states of an order; doc.go draws how they follow one another.
const (
	StateNew       State = "new"       // saved, its invoice still to be made
	StateAwaiting  State = "awaiting"  // has an invoice, waits for the payment
	StatePaid      State = "paid"      // owns its goods, which are still to be handed over
	StateHeld      State = "held"      // paid, but a person has to decide
	StateDelivered State = "delivered" // the goods are with the buyer
	StateRefunding State = "refunding" // a transfer is still to be made
	StateRefunded  State = "refunded"  // all that was paid went back
	StateCancelled State = "cancelled" // given up before payment, or expired
)

// States lists every state, in the order of a life.
func States() []State {
	return []State{
		StateNew, StateAwaiting, StatePaid, StateHeld,
		StateDelivered, StateRefunding, StateRefunded, StateCancelled,
	}
}

// ErrIllegalMove says that an order cannot do this in its state.
var ErrIllegalMove = errors.New("not possible in this state")

// MoveError is an ErrIllegalMove with its facts.
type MoveError struct {
	Order    OrderID
	From, To State
}

func (e *MoveError) Error() string {
	return fmt.Sprintf("order %s: from %s to %s: %v", e.Order, e.From, e.To, ErrIllegalMove)
}

func (e *MoveError) Unwrap() error { return ErrIllegalMove }

// next is the table of all legal moves.
func next(from State) []State {
	switch from {
	case "":
		return []State{StateNew}
	case StateNew:
		return []State{StateAwaiting, StatePaid, StateHeld, StateCancelled}
	case StateAwaiting:
		return []State{StatePaid, StateHeld, StateCancelled}
	case StateCancelled:
		return []State{StatePaid, StateHeld}
	case StatePaid:
		return []State{StateDelivered, StateHeld, StateRefunding}
	case StateHeld:
		return []State{StatePaid, StateRefunding}
	case StateDelivered: // and paid again once a unit is replaced, which is still to be handed over
		return []State{StateRefunding, StatePaid}
	case StateRefunded: // a second payment may go back after everything else did
		return []State{StateRefunding}
	case StateRefunding:
		return []State{StateRefunded, StateHeld, StateDelivered, StatePaid}
	}
	return nil
}

// Legal reports whether an order may go from one state to another.
func Legal(from, to State) bool { return slices.Contains(next(from), to) }

// move is the only place where a state changes.
func (o *Order) move(to State) error {
	if !Legal(o.State, to) {
		return &MoveError{Order: o.ID, From: o.State, To: to}
	}
	o.State = to
	o.forgetWork()
	return nil
}
