#include "core/counters.h"

struct counters counters;
