package bot

import (
	"context"
	"fmt"
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// maxDifferences is how many differences one message explains; a message holds about ten.
const maxDifferences = 8

// TellDifferences tells the owners, in one message, where the shop's books and the payment
// service's differ and what to do about each.
func (c *Courier) TellDifferences(ctx context.Context, differences []shop.Difference) error {
	err := c.toOwners(ctx, c.log, c.chat.send, func(v voice) screen { return differencesScreen(v, differences) })
	if err != nil {
		return fmt.Errorf("tell the owners of differences: %w", err)
	}
	return nil
}

func differencesScreen(v voice, differences []shop.Difference) screen {
	text := v.say("differences")
	shown := differences[:min(len(differences), maxDifferences)]
	for _, d := range shown {
		mark := markup("⚠️ ")
		if d.Mended {
			mark = "✅ "
		}
		text += "\n\n" + mark + difference(v, d)
	}
	if more := len(differences) - len(shown); more > 0 {
		text += "\n\n" + v.say("differences_more", "Count", more)
	}
	return screen{Text: text}
}

// difference says what differs and what to do about it, or what was done.
func difference(v voice, d shop.Difference) markup {
	id := "difference_" + string(d.Kind)
	if d.Kind == shop.PaidThere && !d.Mended {
		id = "difference_paid_there_open"
	}
	return v.say(id, "Order", d.Order, "Invoice", strconv.FormatInt(d.Invoice, 10), "Refund", d.Refund,
		"Transfer", strconv.FormatInt(d.Transfer, 10), "Here", d.Here, "There", d.There)
}

// Explain says in English and without markup what a difference is and what to do about it.
func Explain(d shop.Difference) (string, error) {
	texts, err := loadTexts()
	if err != nil {
		return "", err
	}
	return plainText(difference(texts.voice("en", catalog.Shop{}), d)), nil
}
