package docs

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"github.com/urfave/cli/v2"
)

//go:embed commands.html.tmpl
var commandsSource string

var commandsTemplate = template.Must(template.New("commands").Parse(commandsSource))

// command, flagGroup and flag are what the page says of a command of the program.
type (
	command struct {
		Name, Usage, Arguments string
		Description            []string // paragraphs
		Groups                 []flagGroup
		Commands               []command
	}
	flagGroup struct {
		Heading string
		Flags   []flag
	}
	flag struct{ Names, Usage, Default string }
)

func describe(c *cli.Command, parent string) command {
	d := command{Name: strings.TrimSpace(parent + " " + c.Name), Usage: c.Usage, Arguments: c.ArgsUsage, Description: strings.Split(c.Description, "\n\n")}
	groups := map[string]int{}
	for _, f := range c.VisibleFlags() {
		doc, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		heading := ""
		if categorised, ok := f.(cli.CategorizableFlag); ok {
			heading = categorised.GetCategory()
		}
		at, known := groups[heading]
		if !known {
			at = len(d.Groups)
			groups[heading] = at
			d.Groups = append(d.Groups, flagGroup{Heading: heading})
		}
		d.Groups[at].Flags = append(d.Groups[at].Flags, describeFlag(f, doc))
	}
	for _, sub := range c.Subcommands {
		if !sub.Hidden {
			d.Commands = append(d.Commands, describe(sub, d.Name))
		}
	}
	return d
}

func describeFlag(f cli.Flag, doc cli.DocGenerationFlag) flag {
	var names []string
	for _, name := range f.Names() {
		names = append(names, map[bool]string{true: "-", false: "--"}[len(name) == 1]+name)
	}
	usage := doc.GetUsage()
	if before, rest, quoted := strings.Cut(usage, "`"); quoted { // the value's name, as in cli's help
		value, after, _ := strings.Cut(rest, "`")
		names[0] += " " + value
		usage = before + value + after
	}
	d := flag{Names: strings.Join(names, ", "), Usage: usage, Default: doc.GetDefaultText()}
	if d.Default == "" && doc.TakesValue() {
		d.Default = strings.Trim(doc.GetValue(), `"`)
	}
	return d
}

// addCommands adds the page of all commands.
func (s *Site) addCommands(app *cli.App) error {
	var all []command
	for _, c := range app.Commands {
		if !c.Hidden {
			all = append(all, describe(c, ""))
		}
	}
	var html bytes.Buffer
	if err := commandsTemplate.Execute(&html, all); err != nil {
		return err
	}
	s.pages = append(s.pages, page{"commands", "Commands", template.HTML(html.String())})
	return nil
}
