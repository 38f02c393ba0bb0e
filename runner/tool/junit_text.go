package tool

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"testrunner/report/event"
)

func junitAttr(start xml.StartElement, names ...string) string {
	for _, name := range names {
		for _, a := range start.Attr {
			if a.Name.Local == name && a.Value != "" {
				return a.Value
			}
		}
	}
	return ""
}

func junitFirst(texts ...string) string {
	for _, text := range texts {
		if strings.HasPrefix(text, "=== ") {
			text = goUnframed(text) // gotestsum hands over go's frame too
		}
		if line := event.FirstLine(text); line != "" {
			return junitShort(line)
		}
	}
	return ""
}

// junitShort cuts a text that has to stay one line.
func junitShort(text string) string {
	if len(text) <= junitLine {
		return text
	}
	cut := junitLine
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

func junitJoin(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return event.Capped(a+"\n"+b, event.Cap)
}

// junitMicros reads seconds: "0.012", "1,234.5" (surefire), "12,5" (a German locale); what is no time is 0.
func junitMicros(text string) int64 {
	if strings.Contains(text, ".") {
		text = strings.ReplaceAll(text, ",", "")
	} else {
		text = strings.ReplaceAll(text, ",", ".")
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > 1e9 {
		return 0
	}
	return int64(math.Round(seconds * 1e6))
}
