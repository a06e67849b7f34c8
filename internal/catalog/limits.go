package catalog

import "strings"

// Limits of a catalog for those who ask for its parts one by one. Texts are counted as Telegram
// does, in UTF-16 units; the separator and a picture in bytes.
const (
	MaxTitle        = maxTitle
	MaxDescription  = maxDescription
	MaxGoods        = maxGoods
	MaxInstructions = maxInstructions
	MaxSeparator    = maxSeparator
	MaxPhotoSize    = maxPhotoSize
)

// IsSupport reports whether s can be a shop's contact: a user name with its @, or an address.
func IsSupport(s string) bool {
	link := strings.HasPrefix(s, "https://") && len(s) <= 200 && !strings.ContainsAny(s, " <>\"")
	return link || userName.MatchString(s)
}
