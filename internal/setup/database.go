package setup

import (
	"context"
	"fmt"
	"path/filepath"

	"shopbot/internal/config"
	"shopbot/internal/storage/postgres"
)

// takeDatabase adds the database of the flag, or else a file in the shop's directory, unless the
// environment names one. The environment would win over the env file, so only one of them may.
func (s *setup) takeDatabase() error {
	const name = prefix + "DATABASE"
	set := s.get(name) != "" || s.get(name+"_FILE") != ""
	switch {
	case s.Database == "" && !set:
		s.set(name, database)
		return nil
	case s.Database == "":
		return nil
	case set:
		return config.Error{Where: "--database", What: name + " is set in the environment, which wins; unset it, or leave --database out"}
	}
	var named config.Database
	if err := named.UnmarshalText([]byte(s.Database)); err != nil {
		return config.Error{Where: "--database", What: err.Error()}
	}
	if named.HasPassword() {
		return config.Error{Where: "--database", What: "others on this machine can read a password in a command line; leave it out to be asked for it, or set " + name + " to the whole address"}
	}
	value := s.Database
	if !named.IsPostgres() {
		var err error
		if value, err = filepath.Abs(value); err != nil {
			return err
		}
	}
	s.set(name, value)
	return nil
}

// findDatabase tries a database in PostgreSQL. It asks for the password of an address that came by
// the flag if the server wants one.
func (s *setup) findDatabase(ctx context.Context) error {
	named := s.cfg.Database
	if !named.IsPostgres() {
		return nil
	}
	for asked := false; ; asked = true {
		err := s.tryDatabase(ctx)
		if !postgres.IsWrongPassword(err) || s.Database == "" || s.Ask == nil || ctx.Err() != nil {
			return err
		}
		if asked {
			s.explain(err)
		} else {
			s.say("The database %s wants a password.\n", named.Name())
		}
		password, err := s.Ask(ctx, "  Password (not shown as you paste it): ", true)
		if err != nil {
			return err
		}
		if err := s.try(prefix+"DATABASE", named.WithPassword(password).URL()); err != nil {
			return err
		}
	}
}

// tryDatabase asks the server what it is like, and changes nothing.
func (s *setup) tryDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	name := s.cfg.Database.Name()
	facts, err := postgres.Inspect(ctx, s.cfg.Database.URL())
	switch {
	case err != nil:
		return err
	case facts.HasTables:
		return fmt.Errorf("database %s: there is a shop in it already; make an empty one with 'createdb', or take the %s of that shop", name, envFile)
	case !facts.MayCreate:
		return fmt.Errorf("database %s: its user may not make tables; let the user own the database: 'createdb --owner'", name)
	}
	s.say("  ✓ The database is %s, PostgreSQL %s, and empty.\n", name, facts.Version)
	return nil
}
