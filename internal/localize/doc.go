// Package localize writes what people read in their language: the texts of the files in texts, one a
// language, and amounts and times. An owner's own files replace texts and add languages, see LoadWith.
//
// A text is found by its id. Its values come in pairs:
//
//	l := texts.Localizer("uk", catalog.Shop) // the shop's first language if it does not speak it
//	l.Say("cart_total", "Count", 3, "Total", amount)
//
// Everything but Markup is escaped. "Count" decides the plural form. A money.Amount and a catalog.Date
// are written in the form of the language, as Price and Date do.
package localize
