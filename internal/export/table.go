package export

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"shopbot/internal/money"
)

// Format is how a table is written.
type Format struct {
	JSON bool `json:"json,omitempty"` // JSON lines, and nothing of the following
	// BOM begins the file with a byte order mark, without which Excel takes UTF-8 for something else.
	BOM       bool   `json:"bom,omitempty"`
	Separator string `json:"separator,omitempty"` // between cells: "," or ";"
	Decimal   string `json:"decimal,omitempty"`   // of amounts: "." or ","
}

// withDefaults fills in what is empty as CSVFor a language has it. A comma that was chosen as the
// decimal sign asks for semicolons.
func (f Format) withDefaults(language string) Format {
	usual := CSVFor(language)
	if f.Separator == "" && f.Decimal == "," {
		f.Separator = ";"
	}
	f.Separator, f.Decimal = cmp.Or(f.Separator, usual.Separator), cmp.Or(f.Decimal, usual.Decimal)
	return f
}

// CSVFor is the CSV that spreadsheets expect of people who speak a language: in most of them a
// comma is the decimal sign, so cells are separated by semicolons.
func CSVFor(language string) Format {
	language, _, _ = strings.Cut(language, "-")
	comma := []string{"ru", "de", "fr", "es", "it", "pt", "pl", "uk", "be", "kk", "uz", "tr", "cs", "nl", "ro", "bg", "id", "hy", "ka", "az"}
	if slices.Contains(comma, language) {
		return Format{BOM: true, Separator: ";", Decimal: ","}
	}
	return Format{BOM: true, Separator: ",", Decimal: "."}
}

// kind is what the cells of a column hold.
type kind int

const (
	word   kind = iota // ours, of letters and digits
	text               // what strangers may have chosen
	number             // a whole number
	amount             // a decimal
)

type column struct {
	name string
	kind kind
}

// table writes rows. An error of writing is kept until flush.
type table struct {
	format  Format
	columns []column
	rows    int
	csv     *csv.Writer   // nil for JSON
	out     *bufio.Writer // of JSON
	names   []string      // of the columns, as JSON
	row     []string      // the cells that were added, reused
	failed  error
}

func newTable(out io.Writer, columns []column, f Format) *table {
	t := &table{format: f, columns: columns, row: make([]string, 0, len(columns))}
	for _, c := range columns {
		t.names = append(t.names, strconv.Quote(c.name)+":") // plain ASCII
	}
	t.begin(out)
	return t
}

const bom = "\ufeff"

// begin goes on in another file, with a header of its own.
func (t *table) begin(out io.Writer) {
	if t.format.JSON {
		t.out = bufio.NewWriterSize(out, 1<<16)
		return
	}
	buffered := bufio.NewWriterSize(out, 1<<16) // csv.Writer takes it as its own
	if t.format.BOM {
		_, t.failed = buffered.WriteString(bom)
	}
	t.csv = csv.NewWriter(buffered)
	t.csv.UseCRLF = true
	t.csv.Comma, _ = utf8.DecodeRuneInString(t.format.Separator)
	for _, c := range t.columns {
		t.row = append(t.row, c.name)
	}
	t.write()
}

// add adds the next cells of the row, in the order of the columns.
func (t *table) add(cells ...string) { t.row = append(t.row, cells...) }

// end ends the row. Cells that were not added are empty.
func (t *table) end() {
	for len(t.row) < len(t.columns) {
		t.row = append(t.row, "")
	}
	t.rows++
	if t.format.JSON {
		t.writeJSON()
		return
	}
	for i, c := range t.columns {
		switch {
		case c.kind == text:
			t.row[i] = Harmless(t.row[i])
		case c.kind == amount && t.format.Decimal == ",":
			t.row[i] = strings.Replace(t.row[i], ".", ",", 1)
		}
	}
	t.write()
}

func (t *table) write() {
	if err := t.csv.Write(t.row); err != nil && t.failed == nil {
		t.failed = err
	}
	t.row = t.row[:0]
}

// writeJSON writes an object. Amounts and times are strings, so that no program rounds them; an empty
// cell is null.
func (t *table) writeJSON() {
	line := t.out.AvailableBuffer()
	for i, c := range t.columns {
		line = append(line, "{,"[min(i, 1)])
		line = append(line, t.names[i]...)
		cell := t.row[i]
		switch {
		case cell == "":
			line = append(line, "null"...)
		case c.kind == number:
			line = append(line, cell...)
		case c.kind == text:
			quoted, _ := json.Marshal(cell) // a string can always be written
			line = append(line, quoted...)
		default:
			line = append(append(append(line, '"'), cell...), '"')
		}
	}
	_, err := t.out.Write(append(line, "}\n"...))
	if err != nil && t.failed == nil {
		t.failed = err
	}
	t.row = t.row[:0]
}

func (t *table) flush() error {
	var err error
	if t.format.JSON {
		err = t.out.Flush()
	} else {
		t.csv.Flush()
		err = t.csv.Error()
	}
	if t.failed != nil {
		return t.failed
	}
	return err
}

// Harmless makes a text that strangers chose safe for a cell of a spreadsheet: it is not taken for a
// formula (owasp.org/www-community/attacks/CSV_Injection), and its line breaks are all "\n", since
// encoding/csv drops a lone "\r". A text that is harmless stays as it is.
func Harmless(cell string) string {
	if strings.Contains(cell, "\r") {
		cell = strings.ReplaceAll(strings.ReplaceAll(cell, "\r\n", "\n"), "\r", "\n")
	}
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

func itoa[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// nonZero is a whole number; "" for 0.
func nonZero[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return itoa(n)
}

// decimal is an amount without its currency; "" for one without.
func decimal(a money.Amount) string {
	if a.Currency() == "" {
		return ""
	}
	return a.Decimal()
}

// stamp is a time in a zone with its offset; "" for the zero time.
func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}
