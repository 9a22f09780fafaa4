package dev.wayferry.examples.compositor;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDevice;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataOffer;
import dev.wayferry.wire.wayland.WlDataSource;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A test client's clipboard and drags. */
final class TestData {
    final TestClient client;
    final int device;

    /** What each offer has, by its id. */
    final Map<Integer, List<String>> offers = new HashMap<>();

    /** What drags brought: {@code "enter 3 10.0 10.0"}, {@code "drop"}. */
    final List<String> dragEvents = new ArrayList<>();

    /** What became of the sources: {@code "target text/plain"}, {@code "cancelled"}. */
    final List<String> sourceEvents = new ArrayList<>();

    @Nullable Integer selection;
    @Nullable Integer dragOffer;
    int dragSerial;

    /** Each {@code send} gets these bytes, written by a thread of its own. */
    private byte[] content = new byte[0];

    TestData(TestClient client) throws IOException {
        this.client = client;
        device = client.connection.newObject(this::deviceEvent);
        client.request(client.dataDeviceManager, WlDataDeviceManager.GET_DATA_DEVICE)
                .putInt(device)
                .putInt(client.seat)
                .end();
        client.roundTrip();
    }

    private void deviceEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case WlDataDevice.DATA_OFFER_EVENT -> {
                int offer = args.readInt();
                offers.put(offer, new ArrayList<>());
                client.connection.adoptServerObject(offer, (event, values) -> offerEvent(offer, event, values));
            }
            case WlDataDevice.SELECTION_EVENT -> {
                int offer = args.readInt();
                selection = offer == 0 ? null : offer;
            }
            case WlDataDevice.ENTER_EVENT -> {
                dragSerial = args.readInt();
                dragEvents.add("enter " + args.readInt() + " " + args.readFixed() + " " + args.readFixed());
                int offer = args.readInt();
                dragOffer = offer == 0 ? null : offer;
            }
            case WlDataDevice.MOTION_EVENT -> {
                args.readInt();
                dragEvents.add("motion " + args.readFixed() + " " + args.readFixed());
            }
            case WlDataDevice.LEAVE_EVENT -> dragEvents.add("leave");
            case WlDataDevice.DROP_EVENT -> dragEvents.add("drop");
            default -> throw new MalformedMessageException("wl_data_device event " + opcode);
        }
    }

    private void offerEvent(int offer, int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case WlDataOffer.OFFER_EVENT -> offers.getOrDefault(offer, new ArrayList<>()).add(args.readString());
            case WlDataOffer.SOURCE_ACTIONS_EVENT -> dragEvents.add("source actions " + args.readInt());
            case WlDataOffer.ACTION_EVENT -> dragEvents.add("action " + args.readInt());
            default -> throw new MalformedMessageException("wl_data_offer event " + opcode);
        }
    }

    private void sourceEvent(int opcode, WaylandReader args) throws MalformedMessageException {
        switch (opcode) {
            case WlDataSource.TARGET_EVENT -> sourceEvents.add("target " + args.readNullableString());
            case WlDataSource.SEND_EVENT -> {
                sourceEvents.add("send " + args.readString());
                write(client.connection.takeFd());
            }
            case WlDataSource.CANCELLED_EVENT -> sourceEvents.add("cancelled");
            case WlDataSource.DND_DROP_PERFORMED_EVENT -> sourceEvents.add("dropped");
            case WlDataSource.DND_FINISHED_EVENT -> sourceEvents.add("finished");
            case WlDataSource.ACTION_EVENT -> sourceEvents.add("action " + args.readInt());
            default -> throw new MalformedMessageException("wl_data_source event " + opcode);
        }
    }

    private void write(int fd) {
        byte[] bytes = content;
        var file = new OwnedFd(fd);
        Thread.ofPlatform().start(() -> {
            try (file;
                    OutputStream out = new FileOutputStream("/proc/self/fd/" + file.number())) {
                out.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    int source(byte[] bytes, String... types) {
        content = bytes;
        int source = client.connection.newObject(this::sourceEvent);
        client.request(client.dataDeviceManager, WlDataDeviceManager.CREATE_DATA_SOURCE)
                .putInt(source)
                .end();
        for (String type : types) {
            client.request(source, WlDataSource.OFFER).putString(type).end();
        }
        return source;
    }

    /** Puts bytes on the clipboard; returns the source. */
    int offerSelection(byte[] bytes, String... types) {
        int source = source(bytes, types);
        client.request(device, WlDataDevice.SET_SELECTION)
                .putInt(source)
                .putInt(client.serial)
                .end();
        return source;
    }

    int selection() {
        Integer offer = selection;
        if (offer == null) {
            throw new AssertionError("the clipboard is empty");
        }
        return offer;
    }

    int dragOffer() {
        Integer offer = dragOffer;
        if (offer == null) {
            throw new AssertionError("no drag is here");
        }
        return offer;
    }

    List<String> selectionTypes() {
        return offers.getOrDefault(selection(), List.of());
    }

    /** Asks for an offer's data and hands the pipe's end over, once the request is sent. */
    InputStream receive(int offer, String type) throws IOException {
        long pipe = PosixException.check(Posix.pipe(), "pipe");
        client.connection.queueFd(Posix.writeEnd(pipe));
        client.request(offer, WlDataOffer.RECEIVE).putString(type).end();
        client.roundTrip();
        var readEnd = new OwnedFd(Posix.readEnd(pipe));
        return new FileInputStream("/proc/self/fd/" + readEnd.number()) {
            @Override
            public void close() throws IOException {
                super.close();
                readEnd.close();
            }
        };
    }

    /** Has {@code taking} fetch an offer's data while {@code giving} hears that it shall give it. */
    static byte[] transfer(TestData giving, TestData taking, int offer, String type) throws IOException {
        try (InputStream in = taking.receive(offer, type)) {
            giving.client.await("send", () -> giving.sourceEvents.contains("send " + type));
            return in.readAllBytes();
        }
    }
}
