package setup_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/payments"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/setup"
)

const (
	botToken = "1000:test-telegram-token-test-telegram-token"
	appToken = "2000:TestCryptoPayTokenTestCryptoPayToken"
)

// newShop is a shop to be made, with nobody to ask.
type newShop struct {
	setup.Options

	world *sandbox.World
	out   strings.Builder
}

func newTestnet(t *testing.T) *newShop {
	t.Helper()
	network := sandbox.NewNetwork()
	world := sandbox.New(sandbox.Options{Testnet: true})
	listener, err := network.Listen("sandbox.test:80")
	require.NoError(t, err)
	server := &http.Server{Handler: world.Handler()} //nolint:gosec // in memory
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		world.Close()
		_ = server.Close()
		network.Close()
	})
	world.Telegram().SetBotName(botToken, "Pixel Goods")
	return &newShop{world: world, Options: setup.Options{
		Dir: filepath.Join(t.TempDir(), "shop"), Program: "shopbot", Transport: network.Transport(),
		Environ: []string{"SHOPBOT_TELEGRAM_API_URL=http://sandbox.test/telegram", "SHOPBOT_CRYPTOPAY_API_URL=http://sandbox.test/cryptopay", "HOME=/nowhere"},
	}}
}

func (n *newShop) setenv(pairs ...string) { n.Environ = append(n.Environ, pairs...) }

func (n *newShop) make(t *testing.T) error { //nolint:thelper // not a check
	err := setup.Run(t.Context(), &n.out, n.Options)
	for _, secret := range []string{botToken[5:], appToken[5:]} {
		require.NotContains(t, n.out.String(), secret)
		if err != nil {
			require.NotContains(t, err.Error(), secret)
		}
	}
	return err
}

// answer has a person give these answers, and no more.
func (n *newShop) answer(answers ...string) {
	n.Ask = func(_ context.Context, question string, _ bool) (string, error) {
		n.out.WriteString(question)
		if len(answers) == 0 {
			return "", errors.New("no more answers")
		}
		next := answers[0]
		answers = answers[1:]
		return next, nil
	}
}

// load loads what was made, as a command within the directory does.
func (n *newShop) load(t *testing.T) (config.Config, *catalog.Catalog) {
	t.Helper()
	t.Chdir(n.Dir)
	cfg, err := config.Load(nil, "shopbot.env")
	require.NoError(t, err)
	sold, err := cfg.CatalogFile().Load()
	require.NoError(t, err)
	return cfg, sold
}

// files lists all that is in the directory.
func (n *newShop) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(n.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, n.Dir+string(filepath.Separator)))
		}
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	return names
}

func TestANewShopCanBeRunAsItIs(t *testing.T) {
	n := newTestnet(t)
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken, "SHOPBOT_LOG_LEVEL=debug")
	require.NoError(t, n.make(t))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(n.Dir, "shopbot.env"))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	said := n.out.String()
	require.Contains(t, said, "✓ The bot is @")
	require.Contains(t, said, `✓ The app is "Sandbox App 2000", on testnet`)
	require.Contains(t, said, "shopbot run --env-file shopbot.env")

	cfg, sold := n.load(t)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())
	require.Equal(t, appToken, cfg.CryptoPayToken.Reveal())
	require.Equal(t, payments.Testnet, cfg.CryptoPayNetwork)
	require.Equal(t, config.LogLevel(-4), cfg.LogLevel, "what is set in the environment")
	require.Equal(t, "shopbot.db", cfg.Database.Path())
	require.Equal(t, "Pixel Goods", sold.Shop.Name.In("en"), "the bot's name")
	require.Len(t, sold.Products, 3)
	require.False(t, sold.Takes(catalog.PayStars))
	for _, p := range sold.Products {
		_, err := sold.ReadFile(p.Photo)
		require.NoError(t, err, p.SKU)
	}
}

func TestAShopWithStarsAloneNeedsNoCryptoPay(t *testing.T) {
	n := newTestnet(t)
	n.StarsOnly, n.Name = true, `Olga's "$1" <shop>: #1`
	n.setenv("SHOPBOT_TELEGRAM_TOKEN=" + botToken)
	require.NoError(t, n.make(t))
	require.NotContains(t, n.out.String(), "CryptoTestnetBot")
	require.Contains(t, n.out.String(), "gives you the Stars back")
	cfg, sold := n.load(t)
	require.False(t, cfg.HasCryptoPay())
	require.Equal(t, n.Name, sold.Shop.Name.In("en"))
	for i := range sold.Products {
		require.Equal(t, []catalog.PayWay{catalog.PayStars}, sold.Shop.PayWaysOf(&sold.Products[i]))
	}
}

func TestATokenInAFileStaysThere(t *testing.T) {
	n := newTestnet(t)
	file := filepath.Join(t.TempDir(), "bot # token")
	require.NoError(t, os.WriteFile(file, []byte(botToken+"\n"), 0o600))
	n.setenv("SHOPBOT_TELEGRAM_TOKEN_FILE="+file, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken)
	require.NoError(t, n.make(t))
	settings, err := os.ReadFile(filepath.Join(n.Dir, "shopbot.env"))
	require.NoError(t, err)
	require.NotContains(t, string(settings), botToken)
	cfg, _ := n.load(t)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())
}

// The image of the program sets both.
func TestCatalogAndDatabaseOfTheEnvironmentAreKept(t *testing.T) {
	n := newTestnet(t)
	database := filepath.Join(t.TempDir(), "shop.db")
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken,
		"SHOPBOT_CATALOG="+filepath.Join(n.Dir, "catalog.yaml"), "SHOPBOT_DATABASE="+database)
	require.NoError(t, n.make(t))
	cfg, err := config.Load(nil, filepath.Join(n.Dir, "shopbot.env"))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(n.Dir, "catalog.yaml"), cfg.Catalog)
	require.Equal(t, database, cfg.Database.Path())
}

func TestTheDatabaseOfTheFlagIsAFileOfTheDirectoryWhereItWasNamed(t *testing.T) {
	n := newTestnet(t)
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken)
	n.Database = "data/shop.db"
	require.NoError(t, n.make(t))
	want, err := filepath.Abs(n.Database)
	require.NoError(t, err)
	cfg, _ := n.load(t)
	require.Equal(t, want, cfg.Database.Path())
}

func TestANewShopDoesNotBeginWithTheBooksOfAnotherOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.db")
	require.NoError(t, os.WriteFile(file, []byte("books"), 0o600))
	for _, take := range []func(n *newShop){
		func(n *newShop) { n.Database = file },
		func(n *newShop) { n.setenv("SHOPBOT_DATABASE=" + file) }, // as the image of the program does
	} {
		n := newTestnet(t)
		n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken)
		take(n)
		require.ErrorContains(t, n.make(t), file+" is there already, and a new shop begins with a database of its own")
		require.NoDirExists(t, n.Dir)
	}
}

func TestAPersonIsAskedUntilEachAnswerIsRight(t *testing.T) {
	n := newTestnet(t)
	n.world.Telegram().FailNext("getMe", 1, telegram.Failure{Status: http.StatusUnauthorized})
	n.world.CryptoPay().FailNext("getMe", 1, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
	n.answer("", "secretword", botToken, botToken, "secretword", appToken, "", "", appToken, strings.Repeat("long", 30), "Shop of mine")
	require.NoError(t, n.make(t))
	said := n.out.String()
	for _, want := range []string{
		"✗ not of the form 123456789:AAE-and-so-on; copy the whole token that @BotFather gave",
		"✗ Telegram does not know this token; @BotFather shows",
		"✗ not of the form 12345:AAand-so-on",
		"✗ Crypto Pay's testnet does not know this token; copy it in @CryptoTestnetBot: Crypto Pay → My Apps. Or: a token of @CryptoBot is for real coins",
		"Take Telegram Stars alone, and no coins? [y/N]",
		"✗ name has 120 characters, and 64 is the most; shorten it",
		"[Pixel Goods]",
	} {
		require.Contains(t, said, want)
	}
	require.NotContains(t, said, "secretword")
	cfg, sold := n.load(t)
	require.Equal(t, appToken, cfg.CryptoPayToken.Reveal())
	require.Equal(t, "Shop of mine", sold.Shop.Name.In("en"))
}

func TestAPersonMayTakeStarsAloneAndTheBotsName(t *testing.T) {
	n := newTestnet(t)
	n.answer(botToken, "", "y", "")
	require.NoError(t, n.make(t))
	cfg, sold := n.load(t)
	require.False(t, cfg.HasCryptoPay())
	require.True(t, sold.Takes(catalog.PayStars))
	require.Equal(t, "Pixel Goods", sold.Shop.Name.In("en"))
}

// Whatever is wrong, all of it is told at once, and nothing is written.
func TestAShopThatCannotBeMadeLeavesNothingBehind(t *testing.T) {
	tokens := []string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}
	for name, test := range map[string]struct {
		prepare func(n *newShop)
		want    []string
		failed  bool // not a wrong setting
	}{
		"nothing is set": {func(*newShop) {}, []string{
			"SHOPBOT_TELEGRAM_TOKEN: required; @BotFather gives the token", "SHOPBOT_CRYPTOPAY_TOKEN: required; @CryptoTestnetBot gives the token",
		}, false},
		"wrong settings": {
			func(n *newShop) {
				n.setenv("SHOPBOT_TELEGRAM_TOKEN=x", "SHOPBOT_LISTEM=1", "SHOPBOT_CATALOG=/etc/catalog.yaml")
			},
			[]string{"SHOPBOT_TELEGRAM_TOKEN: not of the form", "did you mean SHOPBOT_LISTEN?", "SHOPBOT_CATALOG: set in the environment", "SHOPBOT_CRYPTOPAY_TOKEN: required"},
			false,
		},
		"both tokens are refused": {func(n *newShop) {
			n.setenv(tokens...)
			n.world.Telegram().FailNext("getMe", 9, telegram.Failure{Status: http.StatusUnauthorized})
			n.world.CryptoPay().FailNext("getMe", 9, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		}, []string{"SHOPBOT_TELEGRAM_TOKEN: Telegram does not know this token", "SHOPBOT_CRYPTOPAY_TOKEN: Crypto Pay's testnet does not know this token"}, false},
		"nobody answers": {func(n *newShop) {
			n.setenv(append(tokens, "SHOPBOT_CRYPTOPAY_RETRY_BACKOFF=1ms")...)
			n.world.Telegram().FailNext("getMe", 9, telegram.Failure{DropBefore: true})
			n.world.CryptoPay().FailNext("getMe", 9, cryptopay.Failure{DropBefore: true})
		}, []string{"try the bot's token: ", "see that http://sandbox.test/telegram can be reached", "try the app's token: ", "see that http://sandbox.test/cryptopay can be reached"}, true},
		"the other network": {func(n *newShop) {
			n.setenv(tokens...)
			n.Mainnet = true
		}, []string{"http://sandbox.test/cryptopay is the API of @CryptoTestnetBot, and the shop is to use mainnet"}, false},
		"two networks": {func(n *newShop) {
			n.setenv(append(tokens, "SHOPBOT_CRYPTOPAY_NETWORK=testnet")...)
			n.Mainnet = true
		}, []string{"--mainnet: SHOPBOT_CRYPTOPAY_NETWORK says otherwise"}, false},
		"Stars and coins": {func(n *newShop) {
			n.setenv(tokens...)
			n.StarsOnly = true
		}, []string{"--stars-only: a shop without Crypto Pay has no SHOPBOT_CRYPTOPAY_TOKEN"}, false},
		"two databases": {func(n *newShop) {
			n.setenv(append(tokens, "SHOPBOT_DATABASE=other.db")...)
			n.Database = "shop.db"
		}, []string{"--database: SHOPBOT_DATABASE is set in the environment, which wins"}, false},
		"a name that is too long": {func(n *newShop) {
			n.setenv(tokens...)
			n.Name = strings.Repeat("long", 30)
		}, []string{"--name: name has 120 characters"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTestnet(t)
			test.prepare(n)
			err := n.make(t)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			require.Equal(t, !test.failed, errors.As(err, new(config.Error)), "exit code 2 is for settings")
			require.NoDirExists(t, n.Dir)
		})
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	n := newTestnet(t)
	n.answer() // nobody is asked for tokens in vain
	require.NoError(t, os.MkdirAll(filepath.Join(n.Dir, "images"), 0o750))
	own := []string{"catalog.yaml", filepath.Join("images", "shop.png"), "shopbot.db", "shopbot.env"}
	for _, name := range own {
		require.NoError(t, os.WriteFile(filepath.Join(n.Dir, name), []byte("mine"), 0o600))
	}
	err := n.make(t)
	for _, name := range own {
		require.ErrorContains(t, err, filepath.Join(n.Dir, name)+" is there already")
		content, err := os.ReadFile(filepath.Join(n.Dir, name))
		require.NoError(t, err)
		require.Equal(t, "mine", string(content))
	}
	require.Equal(t, own, n.files(t))
	require.Empty(t, n.out.String())
}

func TestADirectoryInWhichNothingCanBeWrittenIsToldBeforeAnybodyIsAsked(t *testing.T) {
	n := newTestnet(t)
	n.answer()
	if runtime.GOOS == "linux" { // where root cannot write either
		n.Dir = "/proc/shopbot-test/shop"
		require.ErrorContains(t, n.make(t), "name a directory in which you may write")
	}
	n.Dir = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(n.Dir, nil, 0o600))
	require.ErrorContains(t, n.make(t), "is a file; name a directory")
	n.Dir = filepath.Join(n.Dir, "shop")
	require.ErrorContains(t, n.make(t), "name another directory")
	require.Empty(t, n.out.String())
}

func TestAShopIsMadeWhereAKilledRunLeftSomeOfIt(t *testing.T) {
	n := newTestnet(t)
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken)
	require.NoError(t, n.make(t))
	whole := n.files(t)
	require.NoError(t, os.Remove(filepath.Join(n.Dir, "shopbot.env")))
	require.NoError(t, os.Remove(filepath.Join(n.Dir, "catalog.yaml")))
	require.NoError(t, n.make(t))
	require.Equal(t, whole, n.files(t))
}

// The directory of the pictures cannot be made after others were written.
func TestWhatWasWrittenBeforeAFaultIsRemoved(t *testing.T) {
	n := newTestnet(t)
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken)
	require.NoError(t, os.MkdirAll(n.Dir, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(n.Dir, "images"), nil, 0o600))
	err := n.make(t)
	require.Error(t, err)
	require.Equal(t, []string{"images"}, n.files(t))
	require.NoDirExists(t, filepath.Join(n.Dir, "goods"))
}
