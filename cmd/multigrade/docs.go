package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"multigrade/internal/docs"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func docsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "docs",
		Usage: "write the documentation as a site",
		Description: "Guides, commands, formats, theory, a gallery of reports, the manual page multigrade.1 and\n" +
			"completion for bash. The runs of the gallery are made while the site is written (about half a\n" +
			"minute); an earlier site in DIR is replaced.\n\n" +
			"Example: multigrade docs --out site",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "directory `DIR`", Value: "site"},
			&cli.BoolFlag{Name: "no-gallery", Usage: "without the runs of the gallery"},
		},
		Action: func(c *cli.Context) error { return writeSite(c, s) },
	}
}

// site is the JSON object of docs.
type site struct {
	Out   string `json:"out"`
	Files int    `json:"files"`
}

func writeSite(c *cli.Context, s streams) error {
	if _, err := arguments(c, 0, 0, "no arguments"); err != nil {
		return err
	}
	dir := c.String("out")
	earlier, err := docs.Earlier(dir)
	if err != nil {
		return exit.Bad(fmt.Errorf("--out: %w", err))
	}
	app := newApp(s)
	d, err := docs.New(app)
	if err != nil {
		return exit.Failed(err)
	}
	if !c.Bool("no-gallery") {
		if err := addGallery(c, d); err != nil {
			return exit.Failed(err)
		}
	}
	files, err := d.Files(run.Version)
	if err != nil {
		return exit.Failed(err)
	}
	if err := docs.Write(dir, earlier, files); err != nil {
		return exit.Bad(err)
	}
	return exit.Failed(present(c, s.out, site{dir, len(files)}, nil, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "%s: %d files\n", filepath.Join(dir, "index.html"), len(files))
		return err
	}))
}

// addGallery makes the runs of the gallery and adds their reports.
func addGallery(c *cli.Context, d *docs.Site) error {
	work, err := os.MkdirTemp("", "multigrade-docs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	pictures := map[string]string{}
	for _, e := range docs.Gallery {
		out, plots := filepath.Join(work, e.Name), filepath.Join(work, e.Name+"-plots")
		for _, args := range [][]string{append(slices.Clone(e.Command), "--quiet", "--out", out), {"report", "--quiet", "--svg", plots, out}} {
			if err := runQuietly(c, args); err != nil {
				return err
			}
		}
		folder := "gallery/" + e.Name + "/"
		for from, to := range map[string]string{filepath.Join(out, run.ReportFile): folder + "report.html", filepath.Join(plots, e.Picture): folder + e.Picture} {
			content, err := os.ReadFile(from)
			if err != nil {
				return err
			}
			d.AddFile(to, content)
		}
		pictures[e.Name] = folder + e.Picture
	}
	d.AddGallery(pictures)
	return nil
}

// runQuietly runs a command line of the program within it.
func runQuietly(c *cli.Context, args []string) error {
	app := newApp(streams{in: nil, out: io.Discard, err: io.Discard})
	status := executeApp(c.Context, app, append([]string{app.Name}, args...), streams{out: io.Discard, err: c.App.ErrWriter})
	if status != exit.StatusDone {
		return fmt.Errorf("multigrade %s ended with exit status %d", args[0], status)
	}
	return nil
}
