package main

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"multigrade/internal/chart"
	"multigrade/internal/exit"
	"multigrade/internal/report"
	"multigrade/internal/run"
	"multigrade/proofs"
)

func reportCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "a page of HTML with plots about one or several runs",
		ArgsUsage: "RUN...",
		Description: "RUN is a run directory of solve or approx. The page needs nothing but itself; several runs are\n" +
			"compared. It shows what is left after every grade, the fit, the residual, the gaps over time, and\n" +
			"says what is certified. What is drawn of the data comes from the data file of the run.\n\n" +
			"Example: multigrade report runs/airfoil --png plots",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "`FILE` to write", DefaultText: "RUN/" + run.ReportFile + ", of several runs " + run.ReportFile},
			&cli.StringFlag{Name: "svg", Usage: "also write the plots to `DIR` as SVG, pictures as PNG"},
			&cli.StringFlag{Name: "png", Usage: "also write the plots to `DIR` as PNG"},
			&cli.BoolFlag{Name: "verify", Usage: "check the runs, as verify does, and say what came out; the exit status is that of verify"},
			&cli.StringFlag{Name: "data", Usage: "data `FILE` of the run, if it is only one", DefaultText: "where the manifest says"},
			&cli.StringFlag{Name: "test", Usage: "`FILE` with the test rows of the run, if they have one", DefaultText: "where the manifest says"},
		},
		Action: func(c *cli.Context) error { return reportRuns(c, s) },
	}
}

func reportRuns(c *cli.Context, s streams) error {
	runs, err := arguments(c, 1, 1<<16, "run directories")
	if err != nil {
		return err
	}
	if len(runs) > 1 && (c.IsSet("data") || c.IsSet("test")) {
		return exit.Bad(errors.New("--data and --test are for a single run"))
	}
	if err := checkOutFile(c, nil); err != nil {
		return err
	}
	subjects, claims, err := readSubjects(c, runs)
	if err != nil {
		return err
	}
	page, err := report.New("multigrade "+run.Version, subjects...)
	if err != nil {
		return exit.Failed(err)
	}
	out := reportName(c, runs)
	plots, err := writePlots(c, page)
	if err != nil {
		return err
	}
	if err := run.WriteWhole(out, page.Write); err != nil {
		return exit.Bad(err)
	}
	if err := tellReport(c, s, out, plots); err != nil || !c.Bool("verify") {
		return exit.Failed(err)
	}
	return verdictStatus(claims.Verdict())
}

// reportName is --out or, without it, in the run directory if it is only one.
func reportName(c *cli.Context, runs []string) string {
	switch {
	case c.IsSet("out"):
		return c.String("out")
	case len(runs) == 1:
		return filepath.Join(runs[0], run.ReportFile)
	}
	return run.ReportFile
}

// readSubjects reads the runs and, if they are to be checked, all their claims.
func readSubjects(c *cli.Context, runs []string) ([]report.Subject, proofs.Report, error) {
	var subjects []report.Subject
	var claims proofs.Report
	for _, dir := range runs {
		checked, err := checkedFor(c, dir)
		if err != nil {
			return nil, claims, err
		}
		if checked != nil {
			claims.Claims = append(claims.Claims, checked.Claims...)
		}
		subject, err := run.ReadSubject(c.Context, dir, c.String("data"), c.String("test"), checked)
		if err != nil {
			return nil, claims, err
		}
		subjects = append(subjects, subject)
	}
	return subjects, claims, nil
}

// checkedFor is what the checker says of a run, nil if it is not asked.
func checkedFor(c *cli.Context, dir string) (*proofs.Report, error) {
	if !c.Bool("verify") {
		return nil, nil
	}
	r, err := check(c, dir)
	return &r, err
}

// writePlots writes the figures of --svg and --png and returns the names of the files.
func writePlots(c *cli.Context, page *report.Page) ([]string, error) {
	var names []string
	for _, format := range []string{"svg", "png"} {
		dir := c.String(format)
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, exit.Bad(err)
		}
		for _, f := range page.Figures() {
			name, write := filepath.Join(dir, f.Name+".png"), func(w io.Writer) error { return png.Encode(w, f.Picture) }
			if f.Chart != nil {
				name, write = filepath.Join(dir, f.Name+"."+format), func(w io.Writer) error { return chart.Write(w, format, f.Chart) }
			}
			if err := run.WriteWhole(name, write); err != nil {
				return nil, exit.Bad(err)
			}
			names = append(names, name)
		}
	}
	return names, nil
}

func tellReport(c *cli.Context, s streams, out string, plots []string) error {
	if c.Bool("json") {
		return writeJSON(s.out, struct {
			Report string   `json:"report"`
			Runs   []string `json:"runs"`
			Plots  []string `json:"plots"`
		}{out, c.Args().Slice(), append([]string{}, plots...)})
	}
	if c.Bool("quiet") {
		return nil
	}
	_, err := fmt.Fprintln(s.out, out)
	if len(plots) > 0 && err == nil {
		_, err = fmt.Fprintf(s.out, "%d plots\n", len(plots))
	}
	return err
}
