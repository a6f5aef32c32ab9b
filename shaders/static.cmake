# cmake -D FILE=HEADER -P static.cmake: gives the array of an embedded shader no name that others could link with.
file(READ ${FILE} text)
string(REGEX REPLACE "\nconst uint32_t " "\nstatic const uint32_t " text "${text}")
file(WRITE ${FILE} "${text}")
