package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/urfave/cli/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"

	"multigrade/internal/export"
	"multigrade/proofs"
)

//go:embed pages
var guides embed.FS

//go:embed page.html.tmpl
var pageSource string

var (
	pageTemplate = template.Must(template.New("page").Parse(pageSource))
	markdown     = goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
)

// page is a page of the site before it is laid out.
type page struct {
	name, title string // of the file, without .html; of the page
	body        template.HTML
}

// Site is a documentation site: its files by their names, slashed.
type Site struct {
	pages []page
	files map[string][]byte
}

// New returns the site of the program without a gallery.
func New(app *cli.App) (*Site, error) {
	s := &Site{files: map[string][]byte{}}
	entries, err := fs.ReadDir(guides, "pages") // sorted by name: NN-name.md
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := fs.ReadFile(guides, path.Join("pages", e.Name()))
		if err != nil {
			return nil, err
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".md"), "-")
		if err := s.addMarkdown(name, string(text)); err != nil {
			return nil, err
		}
	}
	if err := s.addScaling(); err != nil {
		return nil, err
	}
	if err := s.addCommands(app); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"certificates": proofs.Format, "network-json": export.Format} {
		if err := s.addMarkdown(name, text); err != nil {
			return nil, err
		}
	}
	return s, s.addShell(app)
}

// addMarkdown adds a page whose title is the text's first line, "# TITLE".
func (s *Site) addMarkdown(name, text string) error {
	title, body, _ := strings.Cut(text, "\n")
	title, ok := strings.CutPrefix(title, "# ")
	if !ok {
		return fmt.Errorf("docs: %s does not start with a title", name)
	}
	var html bytes.Buffer
	if err := markdown.Convert([]byte(body), &html); err != nil {
		return err
	}
	s.pages = append(s.pages, page{name, title, template.HTML(html.String())})
	return nil
}

// AddFile adds a file as it is.
func (s *Site) AddFile(name string, content []byte) { s.files[name] = content }

// Files lays the pages out and returns all files by name.
func (s *Site) Files(version string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for name, content := range s.files {
		all[name] = content
	}
	type link struct {
		Name, Title string
		Here        bool
	}
	for _, p := range s.pages {
		var links []link
		for _, other := range s.pages {
			links = append(links, link{other.name + ".html", other.title, other.name == p.name})
		}
		var b bytes.Buffer
		err := pageTemplate.Execute(&b, struct {
			Title, Version string
			Body           template.HTML
			Links          []link
		}{p.title, version, scrollable(p.body), links})
		if err != nil {
			return nil, err
		}
		all[p.name+".html"] = b.Bytes()
	}
	return all, nil
}

// scrollable lets the keyboard reach what may be wider than the page: preformatted text
// and tables.
func scrollable(body template.HTML) template.HTML {
	return template.HTML(strings.NewReplacer("<pre", `<pre tabindex="0"`, "<table", `<table tabindex="0"`).Replace(string(body)))
}
