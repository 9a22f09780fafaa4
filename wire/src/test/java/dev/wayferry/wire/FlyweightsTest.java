package dev.wayferry.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.wire.crossdomain.CrossDomainAssignSocketUuid;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.crossdomain.CrossDomainEvent;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.AttachBacking;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.CtxCreate;
import dev.wayferry.wire.gpu.DisplayOne;
import dev.wayferry.wire.gpu.GetCapset;
import dev.wayferry.wire.gpu.GetCapsetInfo;
import dev.wayferry.wire.gpu.GetEdid;
import dev.wayferry.wire.gpu.MemEntry;
import dev.wayferry.wire.gpu.ResourceCreate2d;
import dev.wayferry.wire.gpu.ResourceCreateBlob;
import dev.wayferry.wire.gpu.ResourceMapBlob;
import dev.wayferry.wire.gpu.ResourceRequest;
import dev.wayferry.wire.gpu.RespCapsetInfo;
import dev.wayferry.wire.gpu.RespEdid;
import dev.wayferry.wire.gpu.RespMapInfo;
import dev.wayferry.wire.gpu.RespResourceUuid;
import dev.wayferry.wire.gpu.SetScanout;
import dev.wayferry.wire.vhostuser.ConfigSpace;
import dev.wayferry.wire.vhostuser.InflightDescription;
import dev.wayferry.wire.vhostuser.LegacyShmemMap;
import dev.wayferry.wire.vhostuser.LegacyShmemRegion;
import dev.wayferry.wire.vhostuser.LegacyShmemUnmap;
import dev.wayferry.wire.vhostuser.MemoryRegionDescription;
import dev.wayferry.wire.vhostuser.ShmemMap;
import dev.wayferry.wire.vhostuser.VhostUserHeader;
import dev.wayferry.wire.vhostuser.VringAddress;
import dev.wayferry.wire.vhostuser.VringState;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FlyweightsTest {
    static Stream<Supplier<Flyweight>> all() {
        return Stream.of(
                CrossDomainCapabilities::new, CrossDomainEvent::new, CrossDomainGetImageRequirements::new,
                CrossDomainHeader::new, CrossDomainImageRequirements::new, CrossDomainInit::new, CrossDomainReadWrite::new,
                CrossDomainSendReceive::new, AttachBacking::new, CmdSubmit::new, CtrlHeader::new, CtxCreate::new,
                DisplayOne::new, GetCapset::new, GetCapsetInfo::new, GetEdid::new, MemEntry::new,
                ResourceCreate2d::new, ResourceCreateBlob::new, ResourceMapBlob::new, ResourceRequest::new,
                RespCapsetInfo::new, RespEdid::new, RespMapInfo::new, SetScanout::new, ConfigSpace::new,
                InflightDescription::new, LegacyShmemMap::new, LegacyShmemRegion::new, LegacyShmemUnmap::new,
                MemoryRegionDescription::new, ShmemMap::new, VhostUserHeader::new, VringAddress::new, VringState::new);
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyFieldHasRoomOfItsOwn(Supplier<Flyweight> maker) throws ReflectiveOperationException {
        Class<?> type = maker.get().getClass();
        int length = (int) type.getField("LENGTH").get(null);
        byte[] owner = new byte[length];
        byte field = 0;
        for (Method setter : setters(type)) {
            field++;
            for (Object value : List.of(-1, 0x01020304)) {
                byte[] bytes = new byte[length];
                Flyweight flyweight = maker.get().wrap(MemorySegment.ofArray(bytes), 0);
                Class<?> parameter = setter.getParameterTypes()[0];
                setter.invoke(flyweight, parameter == long.class ? (Object) ((Integer) value).longValue() : value);
                if (value.equals(-1)) {
                    for (int i = 0; i < length; i++) {
                        if (bytes[i] != 0) {
                            assertEquals(0, owner[i], setter + " writes byte " + i + " of another field");
                            owner[i] = field;
                        }
                    }
                } else {
                    long mask = width(owner, field) == 8 ? -1L : (1L << (8 * width(owner, field))) - 1;
                    Number got = (Number) type.getMethod(setter.getName()).invoke(flyweight);
                    assertEquals(0x01020304L & mask, got.longValue(), setter + " comes back");
                }
            }
        }
        assertTrue(field > 0, "there are fields");
    }

    private static int width(byte[] owner, byte field) {
        int width = 0;
        for (byte b : owner) {
            width += b == field ? 1 : 0;
        }
        return width;
    }

    /** Of numbers; UUIDs lie in longer forms. */
    private static List<Method> setters(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(m -> m.getParameterCount() == 1 && m.getReturnType() == type && !m.isSynthetic())
                .filter(m -> m.getParameterTypes()[0] != UUID.class)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("all")
    void readingBehindTheEndIsRefused(Supplier<Flyweight> maker) throws ReflectiveOperationException {
        Class<?> type = maker.get().getClass();
        int length = (int) type.getField("LENGTH").get(null);
        for (Method setter : setters(type)) {
            Method getter = type.getMethod(setter.getName());
            Flyweight flyweight = maker.get().wrap(MemorySegment.ofArray(new byte[length]), length);
            var thrown = assertThrows(java.lang.reflect.InvocationTargetException.class, () -> getter.invoke(flyweight));
            assertTrue(thrown.getCause() instanceof IndexOutOfBoundsException);
        }
    }

    /** A SEND of "hi" with one blob, resource 7, byte by byte as a guest in C lays it out. */
    @Test
    void readsASendAsTheReferenceLaysItOut() {
        byte[] bytes = new byte[354];
        byte[] start = HexFormat.of().parseHex("0400620100000000" + "01000000" + "02000000" + "07000000");
        System.arraycopy(start, 0, bytes, 0, start.length);
        bytes[128] = 1;
        bytes[241] = 0x10;
        MemorySegment memory = MemorySegment.ofArray(bytes);
        CrossDomainHeader header = new CrossDomainHeader().wrap(memory, 0);
        assertEquals(4, header.cmd());
        assertEquals(354, header.cmdSize());
        CrossDomainSendReceive send = new CrossDomainSendReceive().wrap(memory, 0);
        assertEquals(1, send.numIdentifiers());
        assertEquals(2, send.opaqueDataSize());
        assertEquals(7, send.identifiers(0));
        assertEquals(1, send.identifierTypes(0));
        assertEquals(0x1000, send.identifierSizes(0));
    }

    /** The same in the form of guests from before 2024. */
    @Test
    void readsAShortSendAsTheReferenceLaysItOut() {
        byte[] bytes = new byte[66];
        byte[] start = HexFormat.of().parseHex("0400420000000000" + "01000000" + "02000000" + "07000000");
        System.arraycopy(start, 0, bytes, 0, start.length);
        bytes[32] = 1;
        bytes[49] = 0x10;
        CrossDomainSendReceive send = new CrossDomainSendReceive().wrap(MemorySegment.ofArray(bytes), 0);
        send.useShortForm();
        assertEquals(1, send.numIdentifiers());
        assertEquals(2, send.opaqueDataSize());
        assertEquals(7, send.identifiers(0));
        assertEquals(1, send.identifierTypes(0));
        assertEquals(0x1000, send.identifierSizes(0));
    }

    @Test
    void writesAMapRequestAsTheSpecificationLaysItOut() {
        byte[] bytes = new byte[52];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        new VhostUserHeader().wrap(memory, 0).request(9).flags(9).size(40);
        new ShmemMap().wrap(memory, 12).shmid(1).fdOffset(0).shmOffset(0x20000).len(0x1000).mmapFlags(1);
        assertArrayEquals(
                HexFormat.of().parseHex("090000000900000028000000" + "0100000000000000" + "0000000000000000"
                        + "0000020000000000" + "0010000000000000" + "0100000000000000"),
                bytes);
    }

    @Test
    void writesALegacyMapRequestAsCrosvmLaidItOut() {
        byte[] bytes = new byte[32];
        new LegacyShmemMap().wrap(MemorySegment.ofArray(bytes), 0).flags(3).shmid(1).shmOffset(0x20000).len(0x1000);
        assertArrayEquals(HexFormat.of().parseHex(
                "0301000000000000" + "0000020000000000" + "0000000000000000" + "0010000000000000"), bytes);
    }

    /** As rutabaga_gfx's struct lies: header, 16 bytes of UUID, id, padding. */
    @Test
    void readsTheUuidsOfSocketsWhereTheReferenceHasThem() {
        String uuid = "00112233-4455-6677-8899-aabbccddeeff";
        byte[] assign = HexFormat.of().parseHex("0d00200000000000" + uuid.replace("-", "") + "07000000" + "00000000");
        var command = new CrossDomainAssignSocketUuid().wrap(MemorySegment.ofArray(assign), 0);
        assertEquals(UUID.fromString(uuid), command.socketUuid());
        assertEquals(7, command.id());
        byte[] again = new byte[CrossDomainAssignSocketUuid.LENGTH];
        new CrossDomainHeader().wrap(MemorySegment.ofArray(again), 0).cmd(13).cmdSize(32);
        new CrossDomainAssignSocketUuid().wrap(MemorySegment.ofArray(again), 0).socketUuid(UUID.fromString(uuid)).id(7);
        assertArrayEquals(assign, again);
        byte[] init = HexFormat.of().parseHex(
                "0100240000000000" + "02000000" + "03000000" + "ffffffff" + uuid.replace("-", ""));
        assertEquals(UUID.fromString(uuid), new CrossDomainInit().wrap(MemorySegment.ofArray(init), 0).internalSocketUuid());
        byte[] set = new byte[init.length];
        new CrossDomainInit().wrap(MemorySegment.ofArray(set), 0).internalSocketUuid(UUID.fromString(uuid));
        assertArrayEquals(
                Arrays.copyOfRange(init, (int) CrossDomainInit.INTERNAL_SOCKET_UUID_OFFSET, init.length),
                Arrays.copyOfRange(set, (int) CrossDomainInit.INTERNAL_SOCKET_UUID_OFFSET, set.length));
    }

    @Test
    void writesAUuidMostSignificantByteFirst() {
        UUID uuid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        byte[] bytes = new byte[RespResourceUuid.LENGTH];
        RespResourceUuid response = new RespResourceUuid().wrap(MemorySegment.ofArray(bytes), 0).uuid(uuid);
        assertArrayEquals(
                HexFormat.of().parseHex("00112233445566778899aabbccddeeff"), Arrays.copyOfRange(bytes, 24, 40));
        assertEquals(uuid, response.uuid());
    }
}
