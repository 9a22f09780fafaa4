package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.examples.testing.Crossings;
import dev.wayferry.examples.testing.MirrorHost;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that crosses, for each way in which VMMs and guests differ. */
class LoopbackOptionsTest extends HostProcessFixture {
    static Stream<Arguments> machines() {
        return Stream.of(
                machine("QEMU and Linux", new VmmOptions(), new GuestOptions()),
                machine("direct descriptors", new VmmOptions(), new GuestOptions().indirect(false)),
                machine("no EVENT_IDX", new VmmOptions(), new GuestOptions().eventIdx(false)),
                machine(
                        "neither INDIRECT nor EVENT_IDX",
                        new VmmOptions(),
                        new GuestOptions().indirect(false).eventIdx(false)),
                machine("16 entries", new VmmOptions(), new GuestOptions().queueSize(16)),
                machine("16 entries, direct", new VmmOptions(), new GuestOptions().queueSize(16).indirect(false)),
                machine("4096 entries", new VmmOptions(), new GuestOptions().queueSize(4096)),
                machine("32768 entries", new VmmOptions(), new GuestOptions().queueSize(32768)),
                machine("scattered pages", new VmmOptions(), new GuestOptions().scattered(true)),
                machine(
                        "RAM above 4 GiB",
                        new VmmOptions().ramSize(96L << 20).lowRamSize(16L << 20),
                        new GuestOptions().scattered(true)),
                machine("6 GiB of RAM", new VmmOptions().ramSize(6L << 30), new GuestOptions().scattered(true)),
                machine(
                        "one memory table",
                        new VmmOptions().withoutProtocolFeature(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS),
                        new GuestOptions()),
                machine("slow to map", new VmmOptions().doneDelayMillis(20), new GuestOptions()),
                machine(
                        "done before answered, without SHARED_OBJECT, as crosvm",
                        new VmmOptions()
                                .answersBeforeDone(false)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_SHARED_OBJECT),
                        new GuestOptions()),
                machine(
                        "no STATUS, no RESET_DEVICE, no MQ",
                        new VmmOptions()
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_STATUS)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_RESET_DEVICE)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_MQ),
                        new GuestOptions()));
    }

    private static Arguments machine(String name, VmmOptions vmm, GuestOptions guest) {
        return Arguments.of(Named.of(name, vmm), guest);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void allCrosses(VmmOptions vmmOptions, GuestOptions guestOptions) throws IOException {
        try (MirrorHost mirror = new MirrorHost(host);
                LoopbackGpu gpu = connect(vmmOptions, guestOptions)) {
            new Crossings(gpu).run();
            gpu.close();
            assertEquals(List.of(), gpu.vmm().violations(), this::logOfProcess);
        }
    }
}
