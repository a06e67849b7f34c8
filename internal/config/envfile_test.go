package config

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAFileOfVariablesIsReadLikeASimpleShellScript(t *testing.T) {
	lines, faults := parseEnvFile("shop.env", "\uFEFF# comment\r\n"+
		"\r\n"+
		"A=plain text  # comment\r\n"+
		"export B = spaced\r\n"+
		"C='single # \"kept\" \\n $HOME'   # comment\n"+
		`D="double \"quoted\" \\ \n # kept"`+"\n"+
		"E=\n"+
		"F=#none\n"+
		"G=a#b=c\n"+
		"H=''")
	require.Empty(t, faults)
	var got []string
	for _, l := range lines {
		got = append(got, l.place+" "+l.name+"="+l.value)
	}
	require.Equal(t, []string{
		"shop.env:3 A=plain text", "shop.env:4 B=spaced", `shop.env:5 C=single # "kept" \n $HOME`,
		`shop.env:6 D=double "quoted" \ \n # kept`, "shop.env:7 E=", "shop.env:8 F=", "shop.env:9 G=a#b=c", "shop.env:10 H=",
	}, got)
}

func TestEveryFaultOfAFileHasItsLineAndShowsNoValue(t *testing.T) {
	_, faults := parseEnvFile("shop.env", "private\n1A=private\nB='private\nC='x' private\nD=1\nD=private\n=private\nE=pri\x00vate\n")
	var got []string
	for _, f := range faults {
		require.NotContains(t, f.Error(), "private")
		got = append(got, f.Error())
	}
	require.Equal(t, []string{
		"shop.env:1: this is no variable; write NAME=VALUE",
		"shop.env:2: this is no variable; write NAME=VALUE",
		"shop.env:3: B: the closing quote ' is missing",
		"shop.env:4: C: there is something behind the closing quote; put the whole value between quotes",
		"shop.env:6: D is set twice, before at shop.env:5; leave one of them out",
		"shop.env:7: this is no variable; write NAME=VALUE",
		"shop.env:8: E: the value holds a NUL character; save the file as UTF-8 text",
	}, got)
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.env")
	require.NoError(t, os.WriteFile(file, []byte(
		"SHOPBOT_TELEGRAM_TOKEN="+botToken+"\nexport SHOPBOT_CRYPTOPAY_TOKEN='"+appToken+"'\n"+
			"SHOPBOT_CATALOG=file.yaml\nSHOPBOT_DATABASE=file.db\nPATH=/nowhere\n"), 0o600))
	cfg, err := Load([]string{"SHOPBOT_CATALOG=environment.yaml", "SHOPBOT_DATABASE="}, file)
	require.NoError(t, err)
	require.Equal(t, "environment.yaml", cfg.Catalog)
	require.Equal(t, "file.db", cfg.Database.Path(), "an empty variable is not set")
}

func TestFaultsOfAFileNameTheLineAndTheVariable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.env")
	require.NoError(t, os.WriteFile(file, []byte("SHOPBOT_TELEGRAM_TOKEN=short\nSHOPBOT_INVOICE_TTL=1m\nSHOPBOT_INVOCE_TTL=1m\nCATALOG=x.yaml\nbroken\nSHOPBOT_SYNC_INTERVAL=fast\n"), 0o600))
	_, err := Load([]string{"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, file)
	require.Error(t, err)
	text := err.Error()
	for _, want := range []string{
		file + ":1: SHOPBOT_TELEGRAM_TOKEN: not of the form",
		file + ":3: SHOPBOT_INVOCE_TTL: no such variable; did you mean SHOPBOT_INVOICE_TTL?",
		file + ":4: no such variable; did you mean SHOPBOT_CATALOG?",
		file + ":5: this is no variable",
		file + ":6: SHOPBOT_SYNC_INTERVAL: \"fast\" is not a span of time",
	} {
		require.Contains(t, text, want)
	}
	require.Equal(t, 4, strings.Count(text, "\n"), text)

	_, err = Load(nil, file+".missing")
	require.ErrorContains(t, err, "--env-file: open "+file+".missing")
	require.NotContains(t, err.Error(), "\n", "what it would set is not called missing")
}

func TestAnyQuotedValueIsReadBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[ -~а-я]{0,40}`).Draw(t, "value")
		written := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		lines, faults := parseEnvFile("f", "export X="+written+" # comment\r\n")
		require.Empty(t, faults)
		require.Len(t, lines, 1)
		require.Equal(t, value, lines[0].value)
	})
}

func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=b", "export A='b' # c", `A="\"`, "A", "=", "\uFEFFA=1\r\nA=2", "A=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, faults := parseEnvFile("f", text)
		written := 0
		for line := range strings.Lines(text) {
			if strings.TrimSpace(line) != "" {
				written++
			}
		}
		require.LessOrEqual(t, len(lines)+len(faults), written, "a line is a variable, or a fault, or nothing")
		for _, l := range lines {
			require.Regexp(t, envName, l.name)
			require.NotContains(t, l.value, "\n")
		}
	})
}

func TestAFileThatIsNotUTF8IsRefusedWithTheCause(t *testing.T) {
	text := "# Лавка\r\nSHOPBOT_TELEGRAM_TOKEN=" + botToken + "\r\nSHOPBOT_CRYPTOPAY_TOKEN=" + appToken + "\r\n"
	utf16of := func(order binary.ByteOrder, mark bool) []byte {
		var out []byte
		if mark {
			text = "\uFEFF" + text
		}
		for _, unit := range utf16.Encode([]rune(text)) {
			out = append(out, 0, 0)
			order.PutUint16(out[len(out)-2:], unit)
		}
		text = strings.TrimPrefix(text, "\uFEFF")
		return out
	}
	file := filepath.Join(t.TempDir(), "shop.env")
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"UTF-16 of Windows":        {utf16of(binary.LittleEndian, true), file + ":1: this is UTF-16 text"},
		"UTF-16 the other way":     {utf16of(binary.BigEndian, true), file + ":1: this is UTF-16 text"},
		"UTF-16 without a mark":    {utf16of(binary.LittleEndian, false), file + ":1: this is UTF-16 text"},
		"Windows-1251":             {[]byte("A=b\n# \xCB\xE0\xE2\xEA\xE0\n"), file + ":2: this is not UTF-8 text"},
		"quotes of printed text":   {[]byte("SHOPBOT_DATABASE=“shop.db”\n"), file + ":1: SHOPBOT_DATABASE: “ is a quote of printed text"},
		"UTF-8 with a mark":        {[]byte("\uFEFF" + text), ""},
		"UTF-8, quoted and marked": {[]byte("\uFEFFSHOPBOT_TELEGRAM_TOKEN=\"" + botToken + "\"\nSHOPBOT_CRYPTOPAY_TOKEN='" + appToken + "'\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(file, c.content, 0o600))
			_, err := Load(nil, file)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), botToken[5:])
		})
	}
}

func TestQuotesThatBelongToAValueAreNamed(t *testing.T) {
	_, err := Load([]string{`SHOPBOT_TELEGRAM_TOKEN="` + botToken + `"`, "SHOPBOT_CRYPTOPAY_TOKEN='" + appToken + "'"}, "")
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 2, "one fault each")
	require.Contains(t, lines[0], "SHOPBOT_TELEGRAM_TOKEN: there are quotes around the value")
	require.Contains(t, lines[1], "SHOPBOT_CRYPTOPAY_TOKEN: there are quotes around the value")
	require.NotContains(t, err.Error(), botToken[5:])

	secret := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secret, []byte("\uFEFF"+botToken+"\r\n"), 0o600))
	cfg, err := Load([]string{"SHOPBOT_TELEGRAM_TOKEN_FILE=" + secret, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, "")
	require.NoError(t, err)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())
	require.NoError(t, os.WriteFile(secret, []byte(`"`+botToken+`"`), 0o600))
	_, err = Load([]string{"SHOPBOT_TELEGRAM_TOKEN_FILE=" + secret, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, "")
	require.ErrorContains(t, err, "there are quotes around the value")
}

func TestACommandNeedsOnlyTheVariablesThatItUses(t *testing.T) {
	cfg, err := LoadFor([]string{"SHOPBOT_DATABASE=here.db", "SHOPBOT_INVOICE_TTL=bad", "SHOPBOT_BACKUP_EVERY=bad"}, "", "DATABASE")
	require.NoError(t, err)
	require.Equal(t, "here.db", cfg.Database.Path())
	_, err = LoadFor(nil, "", "DATABASE")
	require.ErrorContains(t, err, "--env-file FILE")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("shopbot.db", nil, 0o600))
	_, err = LoadFor(nil, "", "DATABASE")
	require.NoError(t, err, "the database has its default name")
	_, err = LoadFor([]string{"SHOPBOT_DATABASE=here/"}, "", "DATABASE")
	require.ErrorContains(t, err, "is a directory")
	_, err = LoadFor([]string{"SHOPBOT_BACKUP_EVERY=bad", "SHOPBOT_INVOICE_TTL=bad"}, "", "DATABASE", "BACKUP_")
	require.ErrorContains(t, err, "SHOPBOT_BACKUP_EVERY")
	require.NotContains(t, err.Error(), "INVOICE_TTL")
	_, err = LoadFor([]string{"SHOPBOT_DATABSE=here.db"}, "", "DATABASE")
	require.ErrorContains(t, err, "did you mean SHOPBOT_DATABASE?")
}

func TestFaultsLeaveTheRestOfTheConfiguration(t *testing.T) {
	cfg, some, err := LoadAnyway([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_DATABASE=here/", "SHOPBOT_LISTEN=:1234"}, "")
	require.True(t, some)
	require.ErrorContains(t, err, "SHOPBOT_CRYPTOPAY_TOKEN: required")
	require.ErrorContains(t, err, "SHOPBOT_DATABASE")
	require.Equal(t, ":1234", cfg.Listen)
	require.True(t, cfg.Faulty("DATABASE"))
	require.True(t, cfg.Faulty("LISTEN", "CRYPTOPAY_TOKEN"))
	require.False(t, cfg.Faulty("LISTEN", "TELEGRAM_TOKEN"))
	for name, file := range map[string]string{"no file": "none.env", "nothing": ""} {
		_, some, err = LoadAnyway(nil, file)
		require.False(t, some, name)
		require.Error(t, err, name)
	}
}
