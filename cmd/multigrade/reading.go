package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/schema"
)

// readingFlags are the flags about how a data file is read.
func readingFlags() []cli.Flag {
	l := dataset.DefaultLimits()
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "columns", Usage: "the only `COLUMNS` that are features", DefaultText: "all but the targets"},
		&cli.StringSliceFlag{Name: "ignore", Usage: "`COLUMNS` that are no features"},
		&cli.StringSliceFlag{Name: "categorical", Usage: "`COLUMNS` of texts, or of numbers that are names: a feature for every frequent one"},
		&cli.StringSliceFlag{Name: "date", Usage: "`COLUMN` of dates, or COLUMN=LAYOUT, which become days; LAYOUT is one of " + strings.Join(schema.Layouts, "; ")},
		&cli.StringFlag{Name: "missing", Usage: "`POLICY` for missing values: refuse, impute (the mean, and a feature that says where) or drop (the row)", DefaultText: "refuse; of fit impute"},
	}, fileFlags(l)...)
}

// fileFlags are those of them that are about the file alone, not about the model.
func fileFlags(l dataset.Limits) []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "missing-sign", Usage: "`TEXT` that stands for a missing value besides NA, NaN, null, ?, -, . and nothing"},
		&cli.BoolFlag{Name: "no-header", Usage: "the first line is a row; columns are called x1, x2, ..., the last one y"},
		&cli.StringFlag{Name: "encoding", Usage: "`CHARSET` of a text file: " + strings.Join(schema.Charsets, ", "), DefaultText: "utf-8, or as a byte order mark says"},
		&cli.StringFlag{Name: "separator", Usage: "`MARK` between cells: comma, semicolon, tab, bar or blank", DefaultText: "found from the file"},
		&cli.StringFlag{Name: "decimal", Usage: "`MARK` before the decimals, a point or a comma", DefaultText: "found from the file"},
		&cli.StringFlag{Name: "max-size", Usage: "most `BYTES` of a file, decompressed, and of the numbers in it, such as 500MB or 8GiB", Value: sizeText(l.Bytes)},
		&cli.IntFlag{Name: "max-columns", Usage: "most columns `N` of a file", Value: l.Columns},
	}
}

// readingOptions turns the flags into options of the reader.
func readingOptions(c *cli.Context) (dataset.Options, error) {
	o, err := fileOptions(c)
	if err != nil {
		return o, err
	}
	o.Targets = c.StringSlice("target")
	o.Encode = c.Command.Name == fitName
	o.Columns, o.Ignore, o.Categorical, o.Dates = c.StringSlice("columns"), c.StringSlice("ignore"), c.StringSlice("categorical"), c.StringSlice("date")
	o.Group, o.Weights = c.String("group"), c.String("weights")
	if task := c.String("task"); task != "" {
		o.Classes = task != grade.Regression.String()
	}
	if policy := c.String("missing"); policy != "" {
		if o.Missing, err = dataset.ParsePolicy(policy); err != nil {
			return o, exit.Bad(fmt.Errorf("--missing %w", err))
		}
	}
	return o, exit.Bad(o.Validate())
}

// fileOptions are the options about the file alone.
func fileOptions(c *cli.Context) (dataset.Options, error) {
	o := dataset.Options{Signs: c.StringSlice("missing-sign"), NoHeader: c.Bool("no-header"), Charset: c.String("encoding"), Separator: c.String("separator"),
		Decimal: c.String("decimal"), Limits: dataset.DefaultLimits()}
	if mark, ok := map[string]string{"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "blank": " ", "space": " "}[o.Separator]; ok {
		o.Separator = mark
	}
	if c.IsSet("max-size") {
		n, err := parseSize(c.String("max-size"))
		if err != nil {
			return o, exit.Bad(fmt.Errorf("--max-size %q: want a number of bytes, such as 500MB or 8GiB", c.String("max-size")))
		}
		o.Limits.Bytes = n
	}
	if c.IsSet("max-columns") {
		if o.Limits.Columns = c.Int("max-columns"); o.Limits.Columns < 2 {
			return o, exit.Bad(fmt.Errorf("--max-columns %d: want at least 2", o.Limits.Columns))
		}
	}
	return o, exit.Bad(o.Validate())
}

// units of sizes.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}, {"", 1}}

func parseSize(text string) (int64, error) {
	for _, u := range sizeUnits {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || !(v >= 1 && v*float64(u.bytes) < 1<<62) {
				return 0, fmt.Errorf("no size")
			}
			return int64(v * float64(u.bytes)), nil
		}
	}
	return 0, fmt.Errorf("no size")
}

func sizeText(n int64) string { return fmt.Sprintf("%dGiB", n>>30) }
