package dev.wayferry.proxy;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.CrosvmFrontEnd.Release;
import dev.wayferry.proxy.vhostuser.ShmemOffer;
import java.io.IOException;
import org.junit.jupiter.api.Nested;

/** crosvm of several seasons, simulated. */
class CrosvmLifeTest {
    @Nested
    class Of2024 extends VmmLife {
        @Override
        FrontEnd frontEnd(OwnedFd socket) throws IOException {
            return new CrosvmFrontEnd(socket, Release.OF_2024);
        }
    }

    @Nested
    class Of202512 extends VmmLife {
        @Override
        FrontEnd frontEnd(OwnedFd socket) throws IOException {
            return new CrosvmFrontEnd(socket, Release.OF_2025_12);
        }

        @Override
        ShmemOffer offer() {
            return ShmemOffer.BIT20;
        }
    }

    @Nested
    class Of202601 extends VmmLife {
        @Override
        FrontEnd frontEnd(OwnedFd socket) throws IOException {
            return new CrosvmFrontEnd(socket, Release.OF_2026_01);
        }

        @Override
        ShmemOffer offer() {
            return ShmemOffer.BIT20;
        }
    }

    @Nested
    class Of202603 extends VmmLife {
        @Override
        FrontEnd frontEnd(OwnedFd socket) throws IOException {
            return new CrosvmFrontEnd(socket, Release.OF_2026_03);
        }

        @Override
        ShmemOffer offer() {
            return ShmemOffer.BIT21;
        }
    }

    @Nested
    class Of202608 extends VmmLife {
        @Override
        FrontEnd frontEnd(OwnedFd socket) throws IOException {
            return new CrosvmFrontEnd(socket, Release.OF_2026_08);
        }
    }
}
