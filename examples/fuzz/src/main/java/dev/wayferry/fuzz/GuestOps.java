package dev.wayferry.fuzz;

import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What a guest does, made of an input: commands that mostly are whole and name what there is, in any order, and now and then
 * have a number in them that no guest should send.
 */
final class GuestOps {
    private static final int OPS = 20;
    private static final int MOST_DATA = 6000;
    private static final int LARGEST_SEND = (1 << 20) + 4096;

    /** XR24, AR24, NV12 and one that nobody knows. */
    private static final int[] FORMATS = {0x34325258, 0x34325241, 0x3231564e, 0x7a7a7a7a};

    private static final int[] INIT_SIZES = {20, 16, 24, 36, 12, 8, 19, 35};
    private static final int[] CHANNEL_TYPES = {
        CrossDomain.CHANNEL_TYPE_WAYLAND, CrossDomain.CHANNEL_TYPE_WAYLAND, CrossDomain.CHANNEL_TYPE_PIPEWIRE,
        CrossDomain.CHANNEL_TYPE_X11, CrossDomain.CHANNEL_TYPE_NONE, CrossDomain.CHANNEL_TYPE_INTERNAL_SOCKET,
        CrossDomain.CHANNEL_TYPE_CAMERA, 77
    };

    private static final List<Driver.Form> FORMS = List.of(Driver.Form.values());

    private final World world;
    private final Driver driver;
    private final MemorySegment request;
    private long fence;

    GuestOps(World world) {
        this.world = world;
        this.driver = world.driver;
        this.request = driver.request();
    }

    /** The next thing that the input has the guest do. */
    void next(Input input) throws IOException {
        if (!driver.hasRoom()) {
            world.turn();
            if (!driver.hasRoom()) {
                world.reboot();
            }
        }
        int op = input.below(OPS);
        switch (op) {
            case 0 -> channel(input);
            case 1 -> submit(input, Commands.ctxCreate(request, context(input), input.below(8) == 7 ? input.next() : 5));
            case 2 -> submit(input, Commands.header(request, VirtioGpu.CMD_CTX_DESTROY, 24, context(input)));
            case 3 -> rings(context(input));
            case 4 -> init(input);
            case 5, 6 -> poll(input);
            case 7, 8 -> send(input);
            case 9 -> write(input);
            case 10 -> hostBlob(input);
            case 11 -> guestBlob(input);
            case 12 -> resource(input);
            case 13 -> queryImage(input);
            case 14 -> itemCommand(input);
            case 15 -> anyCommand(input);
            case 16 -> mapOrBack(input);
            case 17 -> wayland(input);
            case 18 -> whole(input);
            default -> world.turn();
        }
    }

    private static int context(Input input) {
        int choice = input.next();
        return choice < 0xf8 ? 1 + choice % World.CONTEXTS : input.number32();
    }

    private int resourceId(Input input) {
        int choice = input.next();
        if (choice < 0x80) {
            return 1 + choice % 16;
        }
        return choice < 0xf0 ? Commands.ringResource(1 + choice % World.CONTEXTS, choice >> 3 & 1) : input.number32();
    }

    /** Submits the request; a byte of the input says how it is cut, fenced and whether the device learns of it at once. */
    private Driver.Request submit(Input input, int length) throws IOException {
        int style = input.next();
        int type = length >= 4 ? request.get(Commands.INT, 0) : 0;
        // Who makes a context has to learn of it, to take it down.
        Driver.Form form = type == VirtioGpu.CMD_CTX_CREATE
                ? Driver.Form.USUAL
                : FORMS.get((style & 15) % FORMS.size());
        int fenced = style >> 4 & 3;
        if (length >= 24 && fenced != 0 && request.get(Commands.INT, 4) == 0) {
            Commands.fence(request, ++fence, fenced == 1 ? -1 : fenced == 2 ? 0 : style >> 6);
        }
        Driver.Request submitted = driver.submit(length, form);
        if ((style & 0x40) == 0 || !Driver.fitsSlot(length)) {
            world.turn();
        }
        return submitted;
    }

    private Driver.Request submitUsually(int length) throws IOException {
        Driver.Request submitted = driver.submit(length, Driver.Form.USUAL);
        world.turn();
        return submitted;
    }

    // ---- contexts and channels

    /** A context with a channel, as guest proxies make it. */
    private void channel(Input input) throws IOException {
        int context = 1 + input.below(World.CONTEXTS);
        int variant = input.next();
        open(world, context, INIT_SIZES[variant % 4], CHANNEL_TYPES[(variant >> 2) % 4]);
    }

    /** Opens a channel and waits for its connection. */
    static void open(World world, int context, int initSize, int channelType) throws IOException {
        Driver driver = world.driver;
        MemorySegment request = driver.request();
        Driver.Request unused = driver.submit(Commands.ctxCreate(request, context, 5), Driver.Form.USUAL);
        rings(world, context);
        Driver.Request init = driver.submit(
                Commands.init(request, context, initSize, Commands.ringResource(context, 0),
                        Commands.ringResource(context, 1), channelType),
                Driver.Form.USUAL);
        world.await(init);
        world.compositor.accept();
    }

    private void rings(int context) throws IOException {
        rings(world, context);
    }

    private static void rings(World world, int context) throws IOException {
        Driver driver = world.driver;
        MemorySegment request = driver.request();
        for (int ring = 0; ring < 2; ring++) {
            int resource = Commands.ringResource(context, ring);
            int length = Commands.guestBlob(request, resource, 4096, 1);
            Commands.entry(request, 56, 0, Commands.ringAddress(Math.floorMod(context, 64), ring), 4096);
            Driver.Request unused = driver.submit(length, Driver.Form.USUAL);
            Driver.Request unusedToo = driver.submit(
                    Commands.resource(request, VirtioGpu.CMD_CTX_ATTACH_RESOURCE, resource, context), Driver.Form.USUAL);
            world.turn();
        }
    }

    private void init(Input input) throws IOException {
        int context = context(input);
        int size = INIT_SIZES[input.below(INIT_SIZES.length)];
        int type = CHANNEL_TYPES[input.below(CHANNEL_TYPES.length)];
        int query = input.below(8) == 7 ? resourceId(input) : Commands.ringResource(context, 0);
        int channel = input.below(8) == 7 ? resourceId(input) : Commands.ringResource(context, 1);
        int length = Commands.init(request, context, size, query, channel, type);
        if (size == 36) {
            request.set(Commands.LONG, Commands.in(20), input.below(4));
        }
        Driver.Request init = submit(input, length);
        if (input.below(4) != 3) {
            world.await(init);
            world.compositor.accept();
        }
    }

    private void poll(Input input) throws IOException {
        submit(input, Commands.poll(request, context(input), ++fence));
    }

    // ---- what goes through a channel

    private void send(Input input) throws IOException {
        int context = context(input);
        int variant = input.next();
        boolean shortForm = variant >= 0xe0;
        int files = input.below(16) == 15 ? input.number32() : variant & 3;
        int data = input.below(32) == 31 ? input.below(2) * LARGEST_SEND : input.nextShort() % MOST_DATA;
        int length = Commands.send(request, context, shortForm, files, data);
        for (int i = 0; i < Math.clamp(files, 0, shortForm ? 4 : 28); i++) {
            int type = input.below(8);
            if (type < 4) {
                Commands.identifier(request, shortForm, i, resourceId(input), CrossDomain.ID_TYPE_VIRTGPU_BLOB);
            } else if (type < 6) {
                Commands.identifier(request, shortForm, i, 0x8000_0000 + input.below(4), CrossDomain.ID_TYPE_READ_PIPE);
            } else {
                Commands.identifier(request, shortForm, i, world.identifier(input), type == 6 ? input.next() : 4);
            }
        }
        submit(input, length);
    }

    private void write(Input input) throws IOException {
        int context = context(input);
        int id = world.identifier(input);
        int choice = input.next();
        int data = choice < 0x40 ? 8 : choice == 0xff ? LARGEST_SEND : choice * 16;
        int length = Commands.write(request, context, id, data, input.below(4) == 3);
        if (input.below(16) == 15) {
            request.set(Commands.INT, Commands.in(16), input.number32());
        }
        submit(input, length);
    }

    private void queryImage(Input input) throws IOException {
        int length = Commands.command(request, context(input), CrossDomain.CMD_GET_IMAGE_REQUIREMENTS, 24);
        boolean odd = input.below(8) == 7;
        request.set(Commands.INT, Commands.in(8), odd ? input.number32() : 1 + input.next());
        request.set(Commands.INT, Commands.in(12), odd ? input.number32() : 1 + input.next());
        request.set(Commands.INT, Commands.in(16), FORMATS[input.below(FORMATS.length)]);
        request.set(Commands.INT, Commands.in(20), input.next());
        Commands.fence(request, ++fence, 0);
        submit(input, length);
    }

    /** A command about an identifier, or one that nobody knows. */
    private void itemCommand(Input input) throws IOException {
        int length = Commands.command(request, context(input), 8 + input.below(8), 16 + 8 * input.below(4));
        request.set(Commands.INT, Commands.in(8), world.identifier(input));
        if (length >= 32 + 32) {
            // ASSIGN_SOCKET_UUID has the number behind a UUID.
            request.set(Commands.INT, Commands.in(8), input.below(4));
            request.set(Commands.INT, Commands.in(24), world.identifier(input));
        }
        submit(input, length);
    }

    /** Requests of Wayland, which the host looks into where it copies guest blobs. */
    private void wayland(Input input) throws IOException {
        int context = context(input);
        int[] words = new int[64];
        int count = WaylandRequests.fill(input, words);
        int files = input.below(4) == 3 ? 1 : WaylandRequests.files(words);
        int length = Commands.send(request, context, false, files, 4 * count);
        if (files == 1) {
            Commands.identifier(request, false, 0, resourceId(input), CrossDomain.ID_TYPE_VIRTGPU_BLOB);
        }
        for (int i = 0; i < count; i++) {
            request.set(Commands.INT, Commands.sendData(false) + 4L * i, words[i]);
        }
        submit(input, length);
    }

    // ---- resources

    private void hostBlob(Input input) throws IOException {
        long size = input.below(8) == 7 ? input.number() : 4096L << input.below(4);
        int context = context(input);
        int resource = resourceId(input);
        long id = Integer.toUnsignedLong(world.identifier(input));
        submit(input, Commands.hostBlob(request, resource, context, id, size));
    }

    private void guestBlob(Input input) throws IOException {
        int entries = 1 + input.below(4);
        int resource = resourceId(input);
        long size = input.below(8) == 7 ? input.number() : 4096L * entries;
        int length = Commands.guestBlob(request, resource, size, entries);
        entries(input, 56, entries);
        if (input.below(16) == 15) {
            request.set(Commands.INT, 36, input.number32());
        }
        submit(input, length);
    }

    private void entries(Input input, int begin, int entries) {
        for (int i = 0; i < entries; i++) {
            boolean odd = input.below(16) == 15;
            Commands.entry(request, begin, i, odd ? input.number() : Driver.PAGES + 4096L * input.below(32),
                    odd ? input.number32() : 4096);
        }
    }

    /** A command about a resource and perhaps a context, which needs no more. */
    private void resource(Input input) throws IOException {
        int type = switch (input.below(7)) {
            case 0 -> VirtioGpu.CMD_CTX_ATTACH_RESOURCE;
            case 1 -> VirtioGpu.CMD_CTX_DETACH_RESOURCE;
            case 2, 3 -> VirtioGpu.CMD_RESOURCE_UNREF;
            case 4 -> VirtioGpu.CMD_RESOURCE_UNMAP_BLOB;
            case 5 -> VirtioGpu.CMD_RESOURCE_ASSIGN_UUID;
            default -> VirtioGpu.CMD_RESOURCE_DETACH_BACKING;
        };
        int resource = resourceId(input);
        submit(input, Commands.resource(request, type, resource, context(input)));
    }

    private void mapOrBack(Input input) throws IOException {
        int resource = resourceId(input);
        if (input.flag()) {
            long offset = input.below(8) == 7 ? input.number() : 4096L * input.below(64);
            submit(input, Commands.map(request, resource, offset));
            return;
        }
        int entries = 1 + input.below(3);
        int length = Commands.header(request, VirtioGpu.CMD_RESOURCE_ATTACH_BACKING, 32 + 16 * entries, 0);
        request.set(Commands.INT, 24, resource);
        request.set(Commands.INT, 28, input.below(16) == 15 ? input.number32() : entries);
        entries(input, 32, entries);
        submit(input, length);
    }

    // ---- anything

    /** A command of numbers. */
    private void anyCommand(Input input) throws IOException {
        int type = input.next();
        int length = input.next() * 2;
        int command = ((type & 0x80) == 0 ? 0x100 : 0x200) + (type & 15);
        int unused = Commands.header(request, command, 512, context(input));
        int words = input.below(24);
        for (int i = 0; i < words; i++) {
            request.set(Commands.INT, 24 + 4L * i, input.number32());
        }
        submit(input, type == 0xff ? length % 24 : Math.max(length, 24));
    }

    /** What happens to the VM as a whole. */
    private void whole(Input input) throws IOException {
        switch (input.below(6)) {
            case 0 -> world.reboot();
            case 1 -> world.host.pause(driver);
            case 2 -> world.host.failMaps(input.flag());
            case 3 -> driver.moveCursor();
            case 4 -> driver.kickAnyway();
            default -> {
                driver.ram().set(Commands.INT, Driver.PAGES + 4L * input.nextShort(), input.nextInt());
                Driver.Request unused = submitUsually(Commands.header(request, VirtioGpu.CMD_GET_DISPLAY_INFO, 24, 0));
            }
        }
    }
}
