package docs

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Scripts returns what the guides do in a shell as scripts of package testscript, by
// name: their lines of code that start with "$ ", each a command (a ! before it: it is
// refused with exit status 2) or cat > FILE <<. with the file up to a line of a point.
func Scripts() (map[string]string, error) {
	names, err := fs.Glob(guides, "pages/*.md")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(guides, name)
		if err != nil {
			return nil, err
		}
		if s := script(strings.Split(string(text), "\n")); s != "" {
			all[strings.TrimSuffix(path.Base(name), ".md")] = s
		}
	}
	return all, nil
}

func script(text []string) string {
	const code, prompt = "    ", "    $ "
	var commands, files strings.Builder // which stand behind the commands
	for ; len(text) > 0; text = text[1:] {
		said, is := strings.CutPrefix(text[0], prompt)
		if !is {
			continue
		}
		if file, is := strings.CutPrefix(said, "cat > "); is {
			fmt.Fprintf(&files, "-- %s --\n", strings.TrimSuffix(file, " <<."))
			for text = text[1:]; text[0] != code+"."; text = text[1:] {
				files.WriteString(strings.TrimPrefix(text[0], code) + "\n")
			}
			continue
		}
		said, refused := strings.CutPrefix(strings.ReplaceAll(said, `"`, "'"), "! ")
		commands.WriteString(map[bool]string{false: "exec ", true: "exits 2 "}[refused] + said + "\n")
	}
	return commands.String() + files.String()
}
