package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"
	"regexp"
	"strings"

	"multigrade/internal/chart"
)

// Page is a report on one or several runs.
type Page struct {
	Title    string
	Program  string // that made it, with its version
	Sections []Section
}

// Subject is what a page can be about.
type Subject interface {
	// section is what there is to say of it.
	section() (Section, error)
	// series is what is compared with others, false where there is nothing.
	series() (series, bool)
}

// New makes a page of its subjects, which are compared where there are several.
func New(program string, subjects ...Subject) (*Page, error) {
	p := &Page{Program: program}
	var all []series
	for _, s := range subjects {
		section, err := s.section()
		if err != nil {
			return nil, err
		}
		p.Sections = append(p.Sections, section)
		if row, ok := s.series(); ok {
			all = append(all, row)
		}
	}
	p.Title = "multigrade: " + p.Sections[0].Title
	if len(subjects) > 1 {
		p.Title = "multigrade: runs compared"
		for k := range p.Sections {
			p.Sections[k].prefix = fmt.Sprintf("run-%d-", k+1)
		}
		p.Sections = append([]Section{compare(all)}, p.Sections...)
	}
	return p, nil
}

// Anchor is an entry of the contents.
type Anchor struct{ ID, Title string }

// Contents are the sections, or the parts of the only one.
func (p *Page) Contents() []Anchor {
	var all []Anchor
	for _, s := range p.Sections {
		if len(p.Sections) > 1 {
			all = append(all, Anchor{s.ID(), s.Title})
			continue
		}
		for _, part := range s.Parts {
			all = append(all, Anchor{s.PartID(part), part.Title})
		}
	}
	return all
}

// Section is a run, or the comparison of several.
type Section struct {
	Title, Status string
	Lead          []string // sentences
	Parts         []Part
	prefix        string // of the names of its figures, where there are several runs
}

// ID is the section's anchor.
func (s *Section) ID() string { return s.prefix + "section" }

// PartID is the anchor of one of its parts.
func (s *Section) PartID(p Part) string {
	return s.prefix + strings.Trim(notOfAnchors.ReplaceAllString(strings.ToLower(p.Title), "-"), "-")
}

var notOfAnchors = regexp.MustCompile(`[^a-z0-9]+`)

// Part is a piece of a section under a title of its own.
type Part struct {
	Title   string
	Text    []string // before the figures, a paragraph each
	Tables  []Table
	Figures []Figure
	After   []string // after them
}

// Table is texts in rows; the first column names them.
type Table struct {
	Caption string
	Facts   bool // no head, names and values
	Head    []string
	Rows    [][]string
	best    map[[2]int]bool // cells, by row and column
}

// Best reports whether the cell is the best of its column.
func (t Table) Best(row, column int) bool { return t.best[[2]int{row, column}] }

// Figure is a chart or a picture.
type Figure struct {
	Name    string // of its file
	Caption string
	Chart   *chart.Chart
	Picture image.Image // if there is no chart
}

// HTML is the element of the page that shows the figure.
func (f Figure) HTML() (template.HTML, error) {
	if f.Chart != nil {
		svg, err := f.Chart.SVG(f.label())
		return template.HTML(svg), err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, f.Picture); err != nil {
		return "", err
	}
	return template.HTML(`<img alt="` + f.Name + `" src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(b.Bytes()) + `">`), nil
}

// label says what a chart shows to those who do not see it.
func (f Figure) label() string { return strings.ReplaceAll(f.Name, "-", " ") + ": " + f.Chart.Says() }

// Class is how much of the page's width the figure takes.
func (f Figure) Class() string {
	switch {
	case f.Chart == nil:
		return "picture"
	case f.Chart.Size == chart.Whole:
		return "whole"
	case f.Chart.Size == chart.Half:
		return "half"
	}
	return "third"
}

// Figures are the figures of all sections, by names that differ.
func (p *Page) Figures() []Figure {
	var all []Figure
	for _, s := range p.Sections {
		for _, part := range s.Parts {
			for _, f := range part.Figures {
				f.Name = s.prefix + f.Name
				all = append(all, f)
			}
		}
	}
	return all
}

//go:embed page.html.tmpl
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// Write writes the page.
func (p *Page) Write(w io.Writer) error { return pageTemplate.Execute(w, p) }
