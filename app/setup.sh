# setup.sh -- sourced by app/run and tests/run: installs what is missing and builds.

build_packages=(build-essential cmake ninja-build pkg-config glslang-tools libvulkan-dev
  libopenexr-dev libcjson-dev libpng-dev libzip-dev libglfw3-dev libimgui-dev libstb-dev
  libassimp-dev)
view_packages=(mesa-vulkan-drivers fonts-roboto-unhinted fonts-dejavu-core)
test_packages=(libcmocka-dev vulkan-validationlayers xvfb xdotool python3-dev python3-venv)

# install_packages NAME...: those that are not installed yet, on Debian and Ubuntu.
install_packages() {
  local missing=() name sudo=()
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  echo "installing ${missing[*]}"
  "${sudo[@]}" apt-get -qq update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# end_children STATUS: ends this shell, and what it has started in the background.
end_children() {
  local children
  children=$(jobs -p)
  [ -z "$children" ] || { kill $children || :; wait $children || :; }
  exit "$1"
}

# interruptible COMMAND...: a signal that ends this shell ends the command before, also where only the shell is sent it.
# Traps are there before the command: it may be quick.
interruptible() {
  local status=0
  trap 'end_children 129' HUP
  trap 'end_children 130' INT
  trap 'end_children 143' TERM
  "$@" &
  wait $! || status=$?
  trap - HUP INT TERM
  return $status
}

# build PRESET TARGET [CMAKE OPTION...]: a preset of CMakePresets.json. Configures, then builds what changed. Says
# nothing where nothing did; what was done last is in build.log in the preset's folder, of which a failure prints its
# part. One build at a time.
build() {
  local preset=$1 folder=build lock status=0
  [ "$preset" = release ] || folder=build-$preset
  mkdir -p "$folder"
  exec {lock}>"$folder/build.lock"
  flock -n "$lock" || { echo "waiting for another build in $folder"; interruptible flock "$lock"; }
  build_alone "$folder" "$@" || status=$?
  exec {lock}>&-
  return $status
}

build_alone() {
  local folder=$1 preset=$2 target=$3 log=$1/build.log
  shift 3
  interruptible cmake --preset "$preset" "$@" >"$log" 2>&1 || { cat "$log"; return 1; }
  [[ $(ninja -C "$folder" -n "$target" 2>&1) != *"no work to do"* ]] || return 0
  echo "building, $log has the details"
  interruptible ninja -C "$folder" "$target" >>"$log" 2>&1 || { sed -n '/^FAILED\|^ninja: error/,$p' "$log"; return 1; }
}
