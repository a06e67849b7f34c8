package payments

import "context"

type priorityKey struct{}

// Background marks calls that can wait, such as statistics or comparisons: where
// requests queue for the rate limit they let those that a payment hangs on go first.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, priorityKey{}, true)
}

func isBackground(ctx context.Context) bool {
	marked, _ := ctx.Value(priorityKey{}).(bool)
	return marked
}
