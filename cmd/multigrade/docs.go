package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

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
			"minute); an earlier site in DIR is replaced. With --browser the site has a page on which the\n" +
			"program itself runs, once the folder is served over HTTP.\n\n" +
			"Example: multigrade docs --out site",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "directory `DIR`", Value: "site"},
			&cli.BoolFlag{Name: "no-gallery", Usage: "without the runs of the gallery"},
			&cli.StringFlag{Name: "browser", Usage: "compile the program for the browser, 42 MB, from its source in `FOLDER`; needs Go"},
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
	if source := c.String("browser"); source != "" {
		if err := addBrowser(c, d, source); err != nil {
			return err
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

// addBrowser compiles the program for the browser and adds its page.
func addBrowser(c *cli.Context, d *docs.Site, source string) error {
	work, err := os.MkdirTemp("", "multigrade-docs")
	if err != nil {
		return exit.Failed(err)
	}
	defer os.RemoveAll(work)
	compiled := filepath.Join(work, "multigrade.wasm")
	compile := exec.CommandContext(c.Context, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", compiled, "./cmd/multigrade")
	compile.Dir, compile.Env = source, append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := compile.CombinedOutput(); err != nil {
		return exit.Bad(fmt.Errorf("--browser %s: go build: %w\n%s", source, err, out))
	}
	root, err := exec.CommandContext(c.Context, "go", "env", "GOROOT").Output()
	if err != nil {
		return exit.Bad(fmt.Errorf("--browser: go env GOROOT: %w", err))
	}
	program, err := os.ReadFile(compiled)
	if err != nil {
		return exit.Failed(err)
	}
	support, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return exit.Bad(fmt.Errorf("--browser: %w", err))
	}
	return exit.Failed(d.AddBrowser(program, support))
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
