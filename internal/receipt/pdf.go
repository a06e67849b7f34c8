package receipt

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/signintech/gopdf"
	"golang.org/x/text/unicode/norm"
)

// The fonts have the letters of Latin, Cyrillic, Greek, Armenian, Georgian, Hebrew and Arabic alphabets.
// Their licence is fonts/LICENSE.txt.
//
//go:embed fonts/*.gz
var fontFiles embed.FS

// fonts unpacks the fonts, once.
var fonts = sync.OnceValues(func() (files [2][]byte, err error) {
	for i, name := range []string{"", "-Bold"} {
		if files[i], err = unpack("fonts/DejaVuSansCondensed" + name + ".ttf.gz"); err != nil {
			return files, fmt.Errorf("read font DejaVuSansCondensed%s: %w", name, err)
		}
	}
	return files, nil
})

func unpack(name string) ([]byte, error) {
	packed, err := fontFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Measures in points. A page of A5 can be read on a phone, and is printed at twice its size.
const (
	edge     = 36.0
	bottom   = 40.0
	gap      = 16.0 // between a label and its value
	leading  = 1.4
	groupGap = 9.0
)

// The sizes of letters.
const (
	huge   = 17.0
	normal = 9.5
	tiny   = 8.0
)

type colour struct{ r, g, b uint8 }

var (
	ink   = colour{0x1b, 0x27, 0x33}
	quiet = colour{0x6b, 0x7a, 0x89}
)

const (
	plain = "plain"
	bold  = "bold"
)

// page draws from top to bottom. The first error stays and ends all drawing.
type page struct {
	pdf *gopdf.GoPdf
	y   float64 // where the next line begins
	err error
}

// PDF draws the receipt, on as many pages as it takes. Characters that the font does not have become
// question marks.
func (r Receipt) PDF() ([]byte, error) {
	files, err := fonts()
	if err != nil {
		return nil, err
	}
	p := &page{pdf: &gopdf.GoPdf{}}
	p.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA5})
	for i, name := range []string{plain, bold} {
		option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '?' }}
		if err := p.pdf.AddTTFFontDataWithOption(name, files[i], option); err != nil {
			return nil, fmt.Errorf("load font %s: %w", name, err)
		}
	}
	p.pdf.SetInfo(gopdf.PdfInfo{Title: clean(r.Title), Author: clean(r.Shop), CreationDate: r.Made})
	r.draw(p)
	if r.Page != nil {
		p.number(r.Page)
	}
	if p.err != nil {
		return nil, fmt.Errorf("draw the receipt: %w", p.err)
	}
	return p.pdf.GetBytesPdfReturnErr()
}

func (r Receipt) draw(p *page) {
	p.add()
	p.paragraph(r.Shop, bold, huge, ink)
	p.paragraph(r.Title, plain, normal, quiet)
	for _, group := range r.groups() {
		if len(group) == 0 {
			continue
		}
		p.rule()
		for _, row := range group {
			p.row(row)
		}
	}
}

func width() float64 { return gopdf.PageSizeA5.W - 2*edge }

func (p *page) add() {
	p.pdf.AddPage()
	p.y = edge
}

// room begins another page if this one has less than height points left.
func (p *page) room(height float64) {
	if p.y+height > gopdf.PageSizeA5.H-bottom {
		p.add()
	}
}

// do keeps the first error.
func (p *page) do(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *page) font(name string, size float64, c colour) {
	p.do(p.pdf.SetFont(name, "", size))
	p.pdf.SetTextColor(c.r, c.g, c.b)
}

// split breaks a text into lines that are at most most points wide, in the font of the moment.
func (p *page) split(text string, most float64) []string {
	text = clean(text)
	if text == "" || p.err != nil {
		return nil
	}
	lines, err := p.pdf.SplitTextWithWordWrap(text, most)
	p.do(err)
	return lines
}

func (p *page) width(text string) float64 {
	w, err := p.pdf.MeasureTextWidth(text)
	p.do(err)
	return w
}

// write puts a line of text at x, below y.
func (p *page) write(x float64, text string) {
	p.pdf.SetXY(x, p.y)
	p.do(p.pdf.Cell(nil, text))
}

func (p *page) paragraph(text, font string, size float64, c colour) {
	p.font(font, size, c)
	for _, line := range p.split(text, width()) {
		p.room(size * leading)
		p.font(font, size, c) // a new page has none
		p.write(edge, line)
		p.y += size * leading
	}
}

// row writes a label, its value at the right edge of the label's last line, and the detail. They
// stay on one page.
func (p *page) row(row Row) {
	font, size := plain, normal
	if row.Strong {
		font = bold
	}
	p.font(font, size, ink)
	value := p.split(row.Value, width()*2/3)
	widest := 0.0
	for _, line := range value {
		widest = max(widest, p.width(line))
	}
	label := p.split(row.Label, width()-widest-gap)
	p.font(plain, tiny, quiet)
	detail := p.split(row.Detail, width()-widest-gap)
	p.room(float64(max(len(label), len(value)))*size*leading + float64(len(detail))*tiny*leading)

	top := p.y
	p.font(font, size, ink)
	for _, line := range label {
		p.write(edge, line)
		p.y += size * leading
	}
	below := p.y
	p.y = top
	for _, line := range value {
		p.write(gopdf.PageSizeA5.W-edge-p.width(line), line)
		p.y += size * leading
	}
	p.y = max(p.y, below)
	p.font(plain, tiny, quiet)
	for _, line := range detail {
		p.write(edge, line)
		p.y += tiny * leading
	}
	p.y += 2
}

// rule draws the line above a group.
func (p *page) rule() {
	p.room(2*groupGap + 2*normal*leading)
	p.y += groupGap
	p.pdf.SetStrokeColor(0xd5, 0xdb, 0xe1)
	p.pdf.SetLineWidth(0.5)
	p.pdf.Line(edge, p.y, gopdf.PageSizeA5.W-edge, p.y)
	p.y += groupGap
}

// number writes its number on each page, if there are several.
func (p *page) number(say func(page, pages int) string) {
	pages := p.pdf.GetNumberOfPages()
	if pages < 2 {
		return
	}
	for i := 1; i <= pages; i++ {
		p.do(p.pdf.SetPage(i))
		p.font(plain, tiny, quiet)
		p.y = gopdf.PageSizeA5.H - bottom + tiny
		text := clean(say(i, pages))
		p.write(gopdf.PageSizeA5.W-edge-p.width(text), text)
	}
}

// clean leaves out what a PDF shows as boxes: control characters and those that nobody sees.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f' || r == '\u00a0': // the blanks within an amount: no line ends there
			return '\u00a0'
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.C, unicode.Mn, unicode.Me):
			return -1
		}
		return r
	}, norm.NFC.String(text)))
}
