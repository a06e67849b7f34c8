package goodsserver

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// Limits of an answer.
const (
	maxAnswer = 1 << 20

	minWait   = time.Second
	maxWait   = time.Hour
	usualWait = 30 * time.Second
)

// answer is what a server gives: goods, or the time after which it is to be asked again.
type answer struct {
	Text string   `json:"text"`
	Keys []string `json:"keys"`
	File *file    `json:"file"`
	// Wait is in seconds. An answer without goods means: not yet.
	Wait *float64 `json:"wait"`
}

// file is a file that is to be fetched.
type file struct {
	URL    string `json:"url"`
	Name   string `json:"name"`   // "": the last step of the URL's path
	SHA256 string `json:"sha256"` // hexadecimal; "": not compared
	Size   int64  `json:"size"`   // 0: not compared
}

// goods reports whether a holds any.
func (a *answer) goods() bool { return a.Text != "" || len(a.Keys) > 0 || a.File != nil }

// wait is when a server that has no goods yet is asked again.
func (a *answer) wait() time.Duration {
	if a.Wait == nil {
		return usualWait
	}
	seconds := math.Max(math.Min(*a.Wait, maxWait.Seconds()), 0)
	return max(time.Duration(seconds*float64(time.Second)), minWait)
}

var (
	errNotUTF8 = errors.New("the answer is not UTF-8")
	errTooLong = fmt.Errorf("the answer is longer than %d KB", maxAnswer>>10)
	errNothing = errors.New("the answer has neither text, keys or file, nor wait")
)

// parseAnswer reads the body of an answer about a number of pieces. Errors are *RequestError without a
// host.
func parseAnswer(body []byte, quantity int) (answer, error) {
	var a answer
	if len(body) > maxAnswer {
		return a, &RequestError{kind: faultGarbage, Err: errTooLong}
	}
	if !utf8.Valid(body) { // which would be replaced, and a key that is not the key is worse than none
		return a, &RequestError{kind: faultGarbage, Err: errNotUTF8}
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, &RequestError{kind: faultGarbage, Err: fmt.Errorf("read the answer: %w", plainJSONError(err))}
	}
	if err := a.check(quantity); err != nil {
		return a, &RequestError{kind: faultUnusable, Err: err}
	}
	return a, nil
}

// plainJSONError is an error of encoding/json that repeats nothing of the answer, which may hold
// goods.
func plainJSONError(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(wrong.Value, " ") // a number comes with its value
		return fmt.Errorf("%s is a %s, not a %s", cmp.Or(wrong.Field, "the whole"), kind, wrong.Type)
	}
	return errors.New("it is not one JSON object")
}

// check finds what cannot be delivered, and trims the rest.
func (a *answer) check(quantity int) error {
	a.Text = strings.TrimSpace(a.Text)
	if n := len(a.Keys); n > 0 && n != quantity {
		return fmt.Errorf("the answer has %d keys for %d pieces", n, quantity)
	}
	for i, key := range a.Keys {
		key = strings.TrimSpace(key)
		switch {
		case key == "":
			return fmt.Errorf("key %d is empty", i+1)
		case len(key) > shop.MaxUnitBytes:
			return fmt.Errorf("key %d is longer than %d bytes", i+1, shop.MaxUnitBytes)
		case strings.ContainsFunc(key, isControl):
			return fmt.Errorf("key %d holds a control character", i+1)
		}
		if before := slices.Index(a.Keys[:i], key); before >= 0 {
			return fmt.Errorf("key %d is the same as key %d", i+1, before+1)
		}
		a.Keys[i] = key
	}
	switch {
	case utf8.RuneCountInString(a.Text) > catalog.MaxGoods:
		return fmt.Errorf("the text is longer than %d characters", catalog.MaxGoods)
	case strings.ContainsFunc(a.Text, isControl):
		return errors.New("the text holds a control character")
	case a.File != nil:
		return a.File.check()
	case !a.goods() && a.Wait == nil:
		return errNothing
	}
	return nil
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }

// check checks what is said of a file, and names it.
func (f *file) check() error {
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the file's url is not an address such as https://shop.example/file.zip")
	}
	if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 0 && len(sum) != 32 {
		return errors.New("the file's sha256 does not have 64 hexadecimal digits")
	}
	if f.Size > shop.MaxBlob {
		return errFileTooBig
	}
	if f.Name == "" {
		f.Name = u.Path
	}
	f.Name = shop.FileName(f.Name)
	return nil
}
