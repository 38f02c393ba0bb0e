import os


def test_closes():
    # As a test does that closes every descriptor, but for the ones that pytest itself can't do without.
    for fd in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []:
        try:
            if os.path.basename(os.readlink("/proc/self/fd/" + fd)) == "events":
                os.close(int(fd))
        except OSError:
            pass
    for name in range(5):
        globals()["keep%d" % name] = open("mine%d" % name, "w")


def test_after():
    for name in range(5):
        assert open("mine%d" % name).read() == ""
