# Puts the text of functions in the place of a file's own:
#     awk -f replace.awk texts.c product.c >result.c
# or, with -v only=1, writes those functions of the file, as they stand there.
# A function begins in the first column, its braces stand there, too, and a comment right
# above belongs to it; where the text has none, the file's stays. An #include of the texts
# comes after the file's. Of the texts nothing else is taken but comments, which are not.

{ line[FILENAME == ARGV[1] ? "texts" : "product", ++count[FILENAME == ARGV[1] ? "texts" : "product"]] = $0 }

END {
    if (failed)
        exit 1
    read_functions("texts")
    read_functions("product")
    check_texts()
    if (!failed && only)
        write_own()
    else if (!failed)
        write_result()
    exit failed
}

function complain(text) {
    print "replace.awk: " text >"/dev/stderr"
    failed = 1
}

# Fills first, last and head (its first line after a comment) by file and name; begins says
# which function begins at a line.
function read_functions(file,    i, start, name) {
    for (i = 1; i <= count[file]; i++) {
        if (line[file, i] != "{")
            continue
        for (start = i - 1; start > 1 && line[file, start] ~ /^[ \t]/; start--)
            ;
        if (!match(line[file, start], /[A-Za-z_][A-Za-z0-9_]*\(/))
            continue
        name = substr(line[file, start], RSTART, RLENGTH - 1)
        if ((file, name) in head)
            complain(name " is there twice, in " (file == "texts" ? ARGV[1] : ARGV[2]))
        head[file, name] = start
        first[file, name] = comment_above(file, start)
        while (i < count[file] && line[file, i] != "}")
            i++
        last[file, name] = i
        begins[file, first[file, name]] = name
    }
}

function comment_above(file, start,    i) {
    if (line[file, start - 1] !~ /\*\/$/)
        return start
    for (i = start - 1; i > 0 && line[file, i] !~ /^\/\*/; i--)
        ;
    return i > 0 ? i : start
}

function check_texts(    i, name, functions, inside) {
    for (i = 1; i <= count["texts"]; i++) {
        if (("texts", i) in begins && !inside) {
            name = begins["texts", i]
            if (!(("product", name) in head))
                complain(name " of " ARGV[1] " is not in " ARGV[2])
            functions++
            i = last["texts", name]
        } else if (line["texts", i] ~ /^#include /) {
            includes = includes line["texts", i] "\n"
        } else {
            if (line["texts", i] ~ /^\/\*/)
                inside = 1
            if (!inside && line["texts", i] !~ /^[ \t]*$/)
                complain(ARGV[1] ":" i ": neither a function nor a comment: " line["texts", i])
            if (line["texts", i] ~ /\*\/[ \t]*$/)
                inside = 0
        }
    }
    if (!functions)
        complain("no function in " ARGV[1])
}

function write_lines(file, from, to) {
    for (; from <= to; from++)
        print line[file, from]
}

# The product's functions that the texts name.
function write_own(    i, name) {
    for (i = 1; i <= count["product"]; i++) {
        name = ("product", i) in begins ? begins["product", i] : ""
        if (name != "" && ("texts", name) in head) {
            write_lines("product", i, last["product", name])
            print ""
        }
    }
}

function write_result(    i, name, last_include) {
    for (i = 1; i <= count["product"]; i++)
        if (line["product", i] ~ /^#include /)
            last_include = i
    for (i = 1; i <= count["product"]; i++) {
        name = ("product", i) in begins ? begins["product", i] : ""
        if (name == "" || !(("texts", name) in head)) {
            print line["product", i]
            if (i == last_include)
                printf "%s", includes
            continue
        }
        if (first["texts", name] == head["texts", name])
            write_lines("product", i, head["product", name] - 1)
        write_lines("texts", first["texts", name], last["texts", name])
        i = last["product", name]
    }
}
