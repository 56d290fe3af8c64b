package docs

import (
	_ "embed"

	"github.com/urfave/cli/v2"
)

//go:embed completion.bash
var completion []byte

// addShell adds the manual page and the completion for bash.
func (s *Site) addShell(app *cli.App) error {
	manual, err := app.ToMan()
	if err != nil {
		return err
	}
	s.AddFile("multigrade.1", []byte(manual))
	s.AddFile("multigrade.bash", completion)
	return nil
}
