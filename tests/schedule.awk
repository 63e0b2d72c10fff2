# Sums the minutes of each plan in classroom/GUIDE.md: a heading that ends with "N minutes", and
# below it a table whose first column has the minutes of each block. Exits 1 if one is over.
function sum_up() {
    if (plan == "")
        return
    over = sum > most
    printf "%s: %d minutes of %d in %d blocks%s\n", plan, sum, most, blocks, over ? ": too long" : ""
    bad = bad || over || blocks == 0
    plan = ""
}

/^#/ { sum_up() }

/^#.* [0-9]+ minutes$/ {
    plan = $0
    sub(/^#+ */, "", plan)
    most = $(NF - 1)
    sub(/[,:]? [0-9]+ minutes$/, "", plan)
    sum = blocks = 0
    plans++
}

/^\| *[0-9]+ *\|/ && plan != "" {
    sum += $2
    blocks++
}

END {
    sum_up()
    if (plans == 0) {
        print "schedule: there is no plan in " FILENAME
        bad = 1
    }
    exit bad
}
