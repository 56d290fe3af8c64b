package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func testSite(t *testing.T) map[string][]byte {
	t.Helper()
	app := &cli.App{Name: "multigrade", Commands: []*cli.Command{{Name: "solve", Usage: "train", ArgsUsage: "[DATA]", Description: "First.\n\nExample: multigrade solve x.csv",
		Flags: []cli.Flag{&cli.IntFlag{Name: "grades", Usage: "number `K`", Value: 3, Category: "Model"}, &cli.BoolFlag{Name: "secret", Hidden: true}}}}}
	s, err := New(app)
	if err != nil {
		t.Fatal(err)
	}
	pictures := map[string]string{}
	for _, e := range Gallery {
		pictures[e.Name] = "gallery/" + e.Name + "/" + e.Picture
		for _, name := range []string{pictures[e.Name], "gallery/" + e.Name + "/report.html"} {
			s.AddFile(name, nil)
		}
	}
	s.AddGallery(pictures)
	files, err := s.Files("1")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every link leads to a file of the site, and to a place in it.
func TestLinks(t *testing.T) {
	files := testSite(t)
	link := regexp.MustCompile(`(?:href|src)="([^"#]*)(?:#([^"]*))?"`)
	count := 0
	for name, content := range files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, m := range link.FindAllSubmatch(content, -1) {
			target, at := string(m[1]), string(m[2])
			if target == "" {
				target = name
			}
			count++
			if page, ok := files[target]; !ok && !strings.HasPrefix(target, "https://") {
				t.Errorf("%s links to %s, which is not there", name, target)
			} else if at != "" && !strings.Contains(string(page), `id="`+at+`"`) {
				t.Errorf("%s links to %s#%s, which is not there", name, target, at)
			}
		}
	}
	if count < 50 {
		t.Errorf("%d links", count)
	}
}

func TestCommands(t *testing.T) {
	page := string(testSite(t)["commands.html"])
	for _, want := range []string{`<h2 id="solve">multigrade solve [DATA]</h2>`, "<p>Example: multigrade solve x.csv</p>", "<h3>Model</h3>", "--grades K", "number K", "(default: 3)"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if strings.Contains(page, "secret") {
		t.Error("a hidden flag is shown")
	}
}

func TestWriteReplacesItsOwnOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	write := func(files map[string][]byte) error {
		earlier, err := Earlier(dir)
		if err != nil {
			return err
		}
		return Write(dir, earlier, files)
	}
	if err := write(map[string][]byte{"a.html": []byte("1"), "b/c.html": []byte("2")}); err != nil {
		t.Fatal(err)
	}
	if err := write(map[string][]byte{"a.html": []byte("3")}); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "a.html")); err != nil || string(content) != "3" {
		t.Errorf("a.html is %q, %v", content, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "b/c.html")); err == nil {
		t.Error("a page of the earlier site is still there")
	}
	mine := filepath.Join(dir, "b", "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := write(map[string][]byte{"a.html": nil}); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("a foreign file: %v", err)
	}
	if content, _ := os.ReadFile(mine); string(content) != "mine" {
		t.Error("a foreign file is gone")
	}
}
