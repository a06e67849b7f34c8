package bot

import (
	"cmp"
	"strings"
	"unicode"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/review"
	"shopbot/internal/shop"
)

// reviewsPage is how many reviews one screen lists at most, reviewsRoom how many UTF-16 units.
const (
	reviewsPage = 5
	reviewsRoom = 3500
)

// stars draws stars, such as ★★★★☆.
func stars(n int) string {
	n = min(max(n, 0), review.MaxStars)
	return strings.Repeat("★", n) + strings.Repeat("☆", review.MaxStars-n)
}

// plainQuote is quote for what a stranger says to everybody: nothing in it becomes a link, a mention or
// a command, since a word joiner follows each sign that could make one.
func plainQuote(text string) markup {
	const wordJoiner = '\u2060'
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		b.WriteRune(r)
		if strings.ContainsRune(".@/#$:", r) && i+1 < len(runes) && !unicode.IsSpace(runes[i+1]) {
			b.WriteRune(wordJoiner)
		}
	}
	return quote(b.String())
}

// starsAndWords is the stars and the words of a review.
func starsAndWords(v review.Review) markup { return lines(markup(stars(v.Stars)), plainQuote(v.Text)) }

// answered is the shop's answer to a review; "" before it has answered.
func answered(l localizer, v review.Review) markup {
	if v.Answer.Text == "" {
		return ""
	}
	return lines(l.Say("review_answer"), quote(v.Answer.Text))
}

// productTitle is the title of a product, or its SKU if the catalog does not know it any more.
func productTitle(l localizer, c *catalog.Catalog, sku string) string {
	p, _ := c.Product(sku)
	return cmp.Or(l.Text(p.Title), sku)
}

// ratingLine is what all buyers say of a product; "" if nobody said anything.
func ratingLine(l localizer, r review.Rating) markup {
	if r.Count == 0 {
		return ""
	}
	return l.Say("product_rating", "Average", r.Average(), "Reviews", r.Count)
}

// rateButtons invite the buyer of an order to review what of it arrived; nil if nothing did.
func rateButtons(l localizer, o shop.Order) []button {
	if len(reviewable(&o)) == 0 {
		return nil
	}
	return row(anew(l.button("rate", actReview, "r", string(o.ID))))
}

// rateButton is rateButtons for a line that is about to arrive.
func rateButton(l localizer, o shop.Order, line int) button {
	return anew(l.button("rate", actReview, "r", string(o.ID), itoa(line)))
}

// reviewLinesScreen asks which line of an order a review is about.
func reviewLinesScreen(l localizer, o shop.Order, may []int) screen {
	s := screen{Text: l.Say("review_which")}
	for _, line := range may[:min(len(may), 40)] {
		s.Rows = append(s.Rows, row(button{
			Text: clip(l.Text(o.Lines[line].Title), 60), Data: data(actReview, "r", string(o.ID), itoa(line)),
		}))
	}
	return s
}

// ownReviewScreen is a buyer's own review of a line, the zero Review for none yet, with its buttons.
func ownReviewScreen(l localizer, o shop.Order, line int, v review.Review) screen {
	id, n := string(o.ID), itoa(line)
	title := o.Lines[line].Title
	s := screen{Text: l.Say("review_rate", "Title", title)}
	var choice []button
	for i := 1; i <= review.MaxStars; i++ {
		b := button{Text: itoa(i) + " ★", Data: data(actReview, "s", id, n, itoa(i))}
		if i == v.Stars {
			b.Style = stylePrimary
		}
		choice = append(choice, b)
	}
	if v.ID == 0 {
		s.Rows = [][]button{choice}
		return s
	}
	write := l.button("review_words", actReview, "w", id, n)
	if v.Text != "" {
		write.Text = l.Plain("button_review_reword")
	}
	s.Text = sections(l.Say("review_thanks", "Title", title), lines(starsAndWords(v), answered(l, v)))
	if v.Text == "" {
		s.Text = sections(s.Text, l.Say("review_ask", "Title", title))
	}
	s.Rows = [][]button{choice, row(write, l.button("review_remove", actReview, "x", id, n))}
	if !review.May(&o, line, o.Buyer.ID) { // paid back since
		s.Rows = [][]button{row(l.button("review_remove", actReview, "x", id, n))}
	}
	return s
}

// publicReview is a review as other buyers see it. Of the writer's name they see the first letter.
func publicReview(l localizer, v review.Review) markup {
	by := l.Plain("review_buyer")
	if v.Initial != "" {
		by = v.Initial + "."
	}
	heading := l.Say("review_by", "Stars", stars(v.Stars), "Name", by, "At", l.Moment(v.At))
	return lines(heading, plainQuote(v.Text), answered(l, v))
}

// fitReviews is as many of the list as fit onto one screen, and whether there are more.
func fitReviews(list []review.Review, draw func(int, review.Review) markup) (shown []markup, more bool) {
	room := reviewsRoom
	for i, v := range list {
		drawn := draw(i, v)
		if room -= visible(drawn); i == reviewsPage || room < 0 && i > 0 {
			return shown, true
		}
		shown = append(shown, drawn)
	}
	return shown, false
}

// reviewsScreen shows what buyers say of a product. before tells where the page begins.
func reviewsScreen(l localizer, p catalog.Product, rating review.Rating, list []review.Review, before int64) screen {
	shown, more := fitReviews(list, func(_ int, v review.Review) markup { return publicReview(l, v) })
	s := screen{Text: sections(append([]markup{lines(l.Say("reviews_of", "Title", p.Title), ratingLine(l, rating))}, shown...)...)}
	if len(list) == 0 {
		s.Text = sections(s.Text, l.Say("reviews_none"))
	}
	var paging []button
	if before != 0 {
		paging = append(paging, l.button("newest", actReview, "p", p.SKU))
	}
	if more {
		paging = append(paging, l.button("older", actReview, "p", p.SKU, itoa(list[len(shown)-1].ID)))
	}
	s.Rows = [][]button{paging, row(button{Text: l.Plain("button_back"), Data: data(actProduct, p.SKU, "1")})}
	return s
}

// allReviewsScreen shows the staff what buyers say of all products. before tells where the page begins.
func allReviewsScreen(l localizer, c *catalog.Catalog, list []review.Review, before int64) screen {
	shown, more := fitReviews(list, func(i int, v review.Review) markup {
		heading := "<b>" + itoa(i+1) + ".</b> " + string(localize.Escape(productTitle(l, c, v.SKU)))
		return lines(markup(heading), hidden(l, v), publicReview(l, v))
	})
	s := screen{Text: sections(append([]markup{l.Say("reviews_all")}, shown...)...)}
	if len(list) == 0 {
		s.Text = sections(s.Text, l.Say("reviews_none"))
	}
	var open, paging []button
	for i := range shown {
		open = append(open, button{Text: itoa(i+1) + " · ✏️", Data: data(actReviews, "o", itoa(list[i].ID))})
	}
	if before != 0 {
		paging = append(paging, l.button("newest", actReviews, "l"))
	}
	if more {
		paging = append(paging, l.button("older", actReviews, "l", itoa(list[len(shown)-1].ID)))
	}
	s.Rows = [][]button{open, paging, row(l.button("staff_home", actAdmin))}
	return s
}

func hidden(l localizer, v review.Review) markup {
	if v.HiddenBy == 0 {
		return ""
	}
	return l.Say("review_hidden")
}

// staffReviewScreen shows the staff one review, with what they can do about it.
func staffReviewScreen(l localizer, c *catalog.Catalog, v review.Review) screen {
	heading := l.Say("review_new", "Title", productTitle(l, c, v.SKU), "Buyer", buyer(l, shop.Buyer{ID: v.Buyer, Name: v.Initial}), "Order", v.Order)
	id := itoa(v.ID)
	answer, hide := l.button("review_reply", actReviews, "a", id), l.button("review_hide", actReviews, "h", id)
	if v.Answer.Text != "" {
		answer.Text = l.Plain("button_review_reply_again")
	}
	if v.HiddenBy != 0 {
		hide = l.button("review_show", actReviews, "v", id)
	}
	return screen{Text: lines(heading, hidden(l, v), starsAndWords(v), answered(l, v)), Rows: [][]button{
		row(answer, hide),
		row(anew(l.button("its_order", actDetails, string(v.Order))), anew(l.button("reviews", actReviews, "l"))),
	}}
}

// reviewAnsweredScreen tells the writer of a review what the shop answers.
func reviewAnsweredScreen(l localizer, c *catalog.Catalog, v review.Review) screen {
	return screen{
		Text: lines(l.Say("review_answered", "Title", productTitle(l, c, v.SKU)), quote(v.Answer.Text)),
		Rows: [][]button{row(anew(l.button("review_own", actReview, "r", string(v.Order), itoa(v.Line))))},
	}
}
