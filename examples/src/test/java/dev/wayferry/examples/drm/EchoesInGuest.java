package dev.wayferry.examples.drm;

import dev.wayferry.examples.testing.GuestChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What {@link DrmGpuIT} runs in a guest that is stopped now and then: clients that send back whatever comes. */
final class EchoesInGuest {
    static final int CLIENTS = 4;

    private static final int QUIET_MILLIS = 500;

    private EchoesInGuest() {}

    /** @param arguments how many bytes each client sends back before it ends */
    public static void main(String[] arguments) throws Exception {
        int length = Integer.parseInt(arguments[0]);
        try (DrmGpu gpu = DrmGpu.open();
                ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                GuestChannel channel = new GuestChannel(gpu);
                clients.add(threads.submit(() -> {
                    echo(channel, length);
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        }
        System.out.println("all has been sent back");
    }

    private static void echo(GuestChannel channel, int length) throws IOException {
        try (channel) {
            int left = length;
            while (left > 0) {
                channel.poll();
                byte[] data = channel.take().data();
                if (data.length == 0) {
                    throw new IOException("the end, " + left + " bytes too early");
                }
                channel.send(data);
                left -= data.length;
            }
            channel.poll();
            if (left < 0 || !channel.isQuiet(QUIET_MILLIS)) {
                throw new IOException("more than " + length + " bytes came");
            }
        }
    }
}
