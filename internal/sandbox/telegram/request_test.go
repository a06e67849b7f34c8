package telegram

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// How the Bot API server reads a body: by HttpReader.cpp of tdlib/td (2026, after the commit that
// decodes quoted strings and percent signs in Content-Disposition). A fault ends the reading, and
// what was read before it counts.
func TestBodiesAreReadAsTheServerReadsThem(t *testing.T) {
	tests := []struct {
		name, kind, body string
		want             map[string]string
	}{
		{"null", jsonType, "null", nil},
		{"a list", jsonType, "[]", nil},
		{"a number", jsonType, "5", nil},
		{"no JSON at all", jsonType, "chat_id=501", nil},
		{"a text", jsonType, ` "hi"`, map[string]string{"content": "hi"}},
		{"an empty text", jsonType, `""`, map[string]string{"content": ""}},
		{"an object", jsonType, `{"a":"\u0431","b":7,"c":true,"d":[1, 2],"e":{"f":null}}`, map[string]string{"a": "б", "b": "7", "c": "true", "d": "[1, 2]", "e": `{"f":null}`}},
		{"null in a parameter", jsonType, `{"a":null}`, map[string]string{"a": "null"}},
		{"an object cut off", jsonType, `{"a":1,"b":`, map[string]string{"a": "1"}},
		{"a comma too many", jsonType, `{"a":1,}`, map[string]string{"a": "1"}},
		{"more behind the object", jsonType, `{"a":1} {"b":2}`, map[string]string{"a": "1"}},
		{"a name twice", jsonType, `{"a":1,"a":2}`, map[string]string{"a": "1"}},
		{"with a charset", "Application/JSON; charset=utf-8", `{"a":1}`, map[string]string{"a": "1"}},
		{"an unknown type", "text/plain", `{"a":1}`, nil},
		{"no type", "", "a=1", nil},
		{"no type", ";;", "a=1", nil},

		{"a form", formType, "a=1&b=%D0%B1+c&d", map[string]string{"a": "1", "b": "б c", "d": ""}},
		{"a semicolon", formType, "a=1;b=2", map[string]string{"a": "1;b=2"}},
		{"a bare percent", formType, "a=50%&b=5%zz&c=%4", map[string]string{"a": "50%", "b": "5%zz", "c": "%4"}},
		{"equals signs", formType, "a=b=c", map[string]string{"a": "b=c"}},
		{"nothing between", formType, "a=1&&b=2&", map[string]string{"a": "1", "": "", "b": "2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := decode(httptest.NewRecorder(), request(http.MethodPost, "/", tt.kind, tt.body))
			require.NoError(t, err)
			if tt.want == nil {
				tt.want = map[string]string{}
			}
			require.Equal(t, tt.want, p.values)
			require.True(t, roundTrip(newService(t), request(http.MethodPost, "/bot"+token+"/getMe", tt.kind, tt.body)).OK)
		})
	}
}

func TestAPackedBodyIsUnpacked(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, `{"a":1}`)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for encoding, want := range map[string]int{"gzip": 200, "deflate": 400, "br": 415} {
		r := request(http.MethodPost, "/bot"+token+"/getMe", jsonType, packed.String())
		r.Header.Set("Content-Encoding", encoding)
		require.Equal(t, want, roundTrip(newService(t), r).status, encoding)
	}
}

// form puts lines behind one another as a multipart form does.
func form(lines ...string) string { return strings.Join(lines, "\r\n") }

// How the server reads a multipart form, by the same source.
func TestMultipartFormsAreReadAsTheServerReadsThem(t *testing.T) {
	const disposition = "Content-Disposition: form-data; "
	one := func(header string, more ...string) string {
		return form(append([]string{"--x", header}, append(more, "", "1", "--x--")...)...)
	}
	tests := []struct {
		name, body string
		values     map[string]string
		uploads    map[string]string // field => file name
		err        string
	}{
		{"a value", one(disposition + `name="a"`), map[string]string{"a": "1"}, nil, ""},
		{"a name without quotes", one(disposition + `name=a`), map[string]string{"a": "1"}, nil, ""},
		{"other case", one(`CONTENT-DISPOSITION:form-data;name="a"`), map[string]string{"a": "1"}, nil, ""},
		{"a name in percent", one(disposition + `name="%D0%B1"`), map[string]string{"б": "1"}, nil, ""},
		{"text before and after", "hello\r\n" + one(disposition+`name="a"`) + "\r\nbye", map[string]string{"a": "1"}, nil, ""},
		{"a form in a form", one(disposition+`name="z"`, "Content-Type: application/x-www-form-urlencoded"), map[string]string{"1": ""}, nil, ""},
		{"a file", one(disposition + `name="f"; filename="a.txt"`), nil, map[string]string{"f": "a.txt"}, ""},
		{"a file name without quotes", one(disposition + `name=f; filename=my keys (1).txt; size=5`), nil, map[string]string{"f": "my keys (1).txt"}, ""},
		{"no file name", one(disposition + `name="f"; filename=""`), nil, map[string]string{"f": "file"}, ""},
		{"a semicolon in quotes", one(disposition + `name="f"; filename="a;b.txt"`), nil, map[string]string{"f": "a;b.txt"}, ""},
		{"a quote in quotes", one(disposition + `name="f"; filename="a\"b.txt"`), nil, map[string]string{"f": "a b.txt"}, ""},
		{"a file name in percent", one(disposition + `name="f"; filename="%D0%BA%D0%BB%D1%8E%D1%87.txt"`), nil, map[string]string{"f": "ключ.txt"}, ""},
		{"a second file name", one(disposition + `name="f"; filename="a.txt"; filename*=UTF-8''b.txt`), nil, map[string]string{"f": "a.txt"}, ""},
		{"a folded header", one(disposition+`name="f";`, "\tfilename=a.txt"), nil, map[string]string{"f": "a.txt"}, ""},

		{"no name", one("Content-Disposition: form-data; size=1"), nil, nil, "field name in multipart/form-data not found"},
		{"no disposition", one("Content-Type: text/plain"), nil, nil, "field name in multipart/form-data not found"},
		{"a disposition of another kind", one(`Content-Disposition: attachment; name="a"`), nil, nil, "expected form-data content disposition"},
		{"no headers", "--x\r\n\r\n1\r\n--x--", nil, nil, "headers in multipart/form-data are empty"},
		{"no header", one("name=a"), nil, nil, "can't parse form data headers"},
		{"an open quote", one(disposition + `name="a`), nil, nil, "unclosed quoted string in Content-Disposition header"},
		{"an open escape", one(disposition + `name="a\`), nil, nil, "wrong escape sequence in Content-Disposition header"},
		{"more behind a quote", one(disposition + `name="a"b`), nil, nil, "expected ';' in Content-Disposition header"},
		{"cut off", form("--x", disposition+`name="a"`, "", "1"), nil, nil, "the multipart form ends before its last boundary"},
		{"no part", "nothing", nil, nil, "the multipart form ends before its last boundary"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := decode(httptest.NewRecorder(), request(http.MethodPost, "/", "multipart/form-data; boundary=x", tt.body))
			if tt.err != "" {
				require.EqualError(t, err, "400 Bad Request: "+tt.err)
				return
			}
			require.NoError(t, err)
			require.Len(t, p.values, len(tt.values))
			for name, value := range tt.values {
				require.Equal(t, value, p.values[name])
			}
			require.Len(t, p.uploads, len(tt.uploads))
			for field, name := range tt.uploads {
				require.Equal(t, upload{name, []byte("1")}, p.uploads[field])
			}
		})
	}
}

func TestBoundariesAreReadAsTheServerReadsThem(t *testing.T) {
	body := form("--x y", `Content-Disposition: form-data; name="a"`, "", "1", "--x y--")
	for kind, want := range map[string]string{
		`Multipart/Form-Data; Boundary="x y"`:                      "",
		"multipart/form-data; boundary=x y; charset=utf-8":         "",
		"multipart/form-data":                                      "boundary not found",
		"multipart/form-data; boundary":                            "boundary value not found",
		"multipart/form-data; boundary=":                           "boundary too big or empty",
		"multipart/form-data; boundary=" + strings.Repeat("x", 71): "boundary too big or empty",
	} {
		_, err := decode(httptest.NewRecorder(), request(http.MethodPost, "/", kind, body))
		if want == "" {
			require.NoError(t, err, kind)
		} else {
			require.EqualError(t, err, "400 Bad Request: "+want, kind)
		}
	}
}

// How the server cleans the name of an uploaded file: by filesystem.cpp of tdlib/td.
func TestFileNamesAreCleanedAsTheServerCleansThem(t *testing.T) {
	for name, want := range map[string]string{
		"keys.txt": "keys.txt", "../../keys.txt": "keys.txt", `C:\shop\keys.txt`: "keys.txt", "": "file", "..": "file",
		"a<b>:c.txt": "a b  c.txt", " .a. .txt": "a.txt", "ключи №5.txt": "ключи  5.txt", "a\r\nb.txt": "a  b.txt", "\xff.txt": "file",
		".env": "env", "archive.tar.gz": "archive.tar.gz", "café.txt": "café.txt",
		strings.Repeat("a", 70) + "." + strings.Repeat("b", 30): strings.Repeat("a", 60) + "." + strings.Repeat("b", 20),
	} {
		require.Equal(t, want, cleanFileName(name), name)
	}
}

func TestCallsMayComeByTestServersAndDoubledSlashes(t *testing.T) {
	for _, path := range []string{"/bot" + token + "/test/getMe", "//bot" + token + "//getMe", "/bot" + token + "/GETME"} {
		require.True(t, roundTrip(newService(t), request(http.MethodPost, path, "", "")).OK, path)
	}
	answer := roundTrip(newService(t), request(http.MethodPost, "/bot"+token+"/getMoney", "", ""))
	require.Equal(t, 404, answer.ErrorCode)
	require.Equal(t, "Not Found: method not found", answer.Description)
	require.Equal(t, "Not Found", roundTrip(newService(t), request(http.MethodPost, "/bot1000:abc/getMoney", "", "")).Description)
}

func TestAFloodLimitHasARetryAfterHeader(t *testing.T) {
	s := newService(t)
	s.SetFaults(Faults{Flood: true, RetryAfter: 7})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(http.MethodPost, "/bot"+token+"/sendMessage", jsonType, `{"chat_id":501,"text":"x"}`))
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Equal(t, "7", w.Header().Get("Retry-After"))
}

func FuzzMultipart(f *testing.F) {
	f.Add("multipart/form-data; boundary=x", form("--x", `Content-Disposition: form-data; name=a; filename=b;c`, "", "1", "--x--"))
	f.Add(`multipart/form-data; boundary="x"`, form("--x", `Content-Disposition: form-data; name="a\"`, "", "1", "--x"))
	f.Add("multipart/form-data; boundary=x", "--x\r\n\r\n\r\n\r\n--x--")
	f.Fuzz(func(t *testing.T, kind, body string) {
		p := newParams()
		if err := p.addMultipart([]byte(body), kind); err != nil {
			require.NotEmpty(t, err.Error())
		}
		for field, u := range p.uploads {
			require.NotEmpty(t, field)
			require.NotEmpty(t, u.Name)
			require.NotContains(t, u.Name, "/")
		}
	})
}

func FuzzJSONBody(f *testing.F) {
	for _, seed := range []string{"null", "[]", `{"a":1,"b":`, `"x"`, `{"a":{"b":[]},"a":2}`, "{"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, body string) {
		p := newParams()
		p.addJSON([]byte(body))
		p.addForm(body)
	})
}
