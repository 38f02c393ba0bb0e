package dep

func Broken() int { return "text" }
