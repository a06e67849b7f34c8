package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// tryTimeout limits the trial of one token.
const tryTimeout = 20 * time.Second

const askForBot = `Your bot. In Telegram, write /newbot to @BotFather. At the end it gives you a token.
`

const askForApp = `
How buyers pay. In Telegram, open @%[1]s: Crypto Pay → Create App. It gives you a token.
%[2]s
Or press Enter without a token: then buyers pay with Telegram Stars alone.
`

const (
	testCoins = "This is the test network, where coins cost nothing. You change to real ones later."
	realCoins = "This is the main network, where coins are real."
)

// findBot tries the bot's token, asking for it if it is not set, and returns the bot's name.
func (s *setup) findBot(ctx context.Context) (name string, err error) {
	if s.cfg.TelegramToken != "" {
		return s.tryBot(ctx)
	}
	s.say(askForBot)
	for {
		token, err := s.Ask(ctx, "  Token of the bot (not shown as you paste it): ", true)
		if err != nil {
			return "", err
		}
		if token == "" {
			continue
		}
		if err = s.try(prefix+"TELEGRAM_TOKEN", token); err == nil {
			name, err = s.tryBot(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return name, err
		}
		s.explain(err)
	}
}

// tryBot asks Telegram whose the token is.
func (s *setup) tryBot(ctx context.Context) (name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	client, err := telegram.New(s.cfg.Telegram(s.Log, s.Transport))
	if err != nil {
		return "", err
	}
	me, err := client.GetMe(ctx)
	switch {
	case errors.Is(err, telegram.ErrUnauthorized):
		return "", config.Error{Where: prefix + "TELEGRAM_TOKEN", What: "Telegram does not know this token; @BotFather shows the bot's token with /mybots"}
	case err != nil:
		return "", fmt.Errorf("try the bot's token: %w; see that %s can be reached from here", err, s.cfg.TelegramAPIURL)
	}
	s.bot = me.Username
	s.say("  ✓ The bot is @%s.\n", me.Username)
	return me.FirstName, nil
}

// findApp tries the token of the Crypto Pay app, asking for it if it is not set.
func (s *setup) findApp(ctx context.Context) error {
	if s.StarsOnly {
		return nil
	}
	if s.cfg.HasCryptoPay() {
		return s.tryApp(ctx)
	}
	coins := testCoins
	if s.cfg.CryptoPayNetwork == payments.Mainnet {
		coins = realCoins
	}
	s.say(askForApp, s.cryptoBot(), coins)
	for {
		token, err := s.Ask(ctx, "  Token of the app (not shown as you paste it): ", true)
		if err != nil {
			return err
		}
		if token == "" {
			if s.StarsOnly, err = s.agreeToStars(ctx); err != nil || s.StarsOnly {
				return err
			}
			continue
		}
		if err = s.try(prefix+"CRYPTOPAY_TOKEN", token); err == nil {
			err = s.tryApp(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.explain(err)
	}
}

func (s *setup) agreeToStars(ctx context.Context) (bool, error) {
	answer, err := s.Ask(ctx, "  Take Telegram Stars alone, and no coins? [y/N] ", false)
	if answer = strings.ToLower(answer); err != nil || answer != "y" && answer != "yes" {
		return false, err
	}
	s.set(prefix+"CRYPTOPAY_NETWORK", "")
	return true, nil
}

// tryApp asks Crypto Pay whose the token is. It does not try the other network, which must not see
// the token.
func (s *setup) tryApp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	settings := s.cfg.CryptoPay(s.Log, s.Transport)
	settings.MaxRetries = min(settings.MaxRetries, 1) // a person is waiting
	client, err := payments.New(settings)
	if err != nil {
		return err
	}
	defer client.Close()
	app, err := client.GetMe(ctx)
	network := s.cfg.CryptoPayNetwork
	switch {
	case errors.Is(err, payments.ErrUnauthorized):
		other := "a token of @CryptoBot is for real coins: to begin with those, start again with --mainnet"
		if network == payments.Mainnet {
			other = "a token of @CryptoTestnetBot is for test coins: to begin with those, start again without --mainnet"
		}
		return config.Error{Where: prefix + "CRYPTOPAY_TOKEN", What: fmt.Sprintf(
			"Crypto Pay's %s does not know this token; copy it in @%s: Crypto Pay → My Apps. Or: %s", network, s.cryptoBot(), other)}
	case err != nil:
		return fmt.Errorf("try the app's token: %w; see that %s can be reached from here", err, s.cfg.CryptoPayAPIURL)
	case !app.IsOn(network):
		return config.Error{Where: prefix + "CRYPTOPAY_API_URL", What: fmt.Sprintf(
			"%s is the API of @%s, and the shop is to use %s; set %sCRYPTOPAY_NETWORK to the other network", s.cfg.CryptoPayAPIURL, app.Bot, network, prefix)}
	}
	s.say("  ✓ The app is %s, on %s.\n", config.Quote(app.Name), network)
	return nil
}

// cryptoBot is the bot of Crypto Pay's network.
func (s *setup) cryptoBot() string {
	if s.get(prefix+"CRYPTOPAY_NETWORK") == string(payments.Testnet) {
		return "CryptoTestnetBot"
	}
	return "CryptoBot"
}

// explain tells a person what is wrong with an answer, without the name of the variable.
func (s *setup) explain(err error) {
	text := err.Error()
	if wrong, ok := errors.AsType[config.Error](err); ok {
		text = wrong.What
	}
	s.say("  ✗ %s\n", strings.ReplaceAll(text, "\n", "\n    "))
}
