package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.bench.floor.FloorMemory;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Pictures in the memory that the floor and its guest share, whatever kind is asked for: the compositor gets its file. */
final class FloorPictures implements Pictures {
    private final FloorGuest guest;
    private final Deque<Area> free = new ArrayDeque<>();

    private record Area(long at, long size) {}

    FloorPictures(FloorGuest guest) {
        this.guest = guest;
    }

    @Override
    public Picture make(int connection, Kind kind, int width, int height) throws IOException {
        int stride = width * Integer.BYTES;
        long size = (long) stride * height;
        Area area = free.stream().filter(each -> each.size == size).findAny().orElse(null);
        if (area == null) {
            area = new Area(guest.allocate(size), size);
        } else {
            boolean unused = free.remove(area);
        }
        return new Picture(
                guest.memory().asSlice(area.at, size),
                stride,
                Math.toIntExact(area.at),
                Math.toIntExact(guest.memory().byteSize()),
                0,
                0);
    }

    @Override
    public void share(int connection, int length, Picture picture) throws IOException {
        guest.setUp(FloorMemory.SHARE, connection, guest.payload(connection, 0), length);
    }

    @Override
    public void free(int connection, Picture picture) {
        free.add(new Area(picture.fileOffset(), picture.memory().byteSize()));
    }
}
