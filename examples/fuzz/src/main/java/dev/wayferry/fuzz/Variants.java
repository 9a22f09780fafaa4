package dev.wayferry.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes variants of some of the host process's classes, which go before them on a class path. So what a fuzzer needs of
 * them is in none of those that serve.
 */
public final class Variants {
    private static final ClassFile CLASS_FILE = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(Variants.class.getClassLoader())
                    .orElse(ClassHierarchyResolver.defaultResolver())));

    private static final ClassDesc GUEST_READS = ClassDesc.of("dev.wayferry.fuzz.GuestReads");
    private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
    private static final String SEGMENT_NAME = "java/lang/foreign/MemorySegment";
    private static final String PROXY = "dev/wayferry/proxy/";

    private static final String RECEIVER = PROXY + "crossdomain/Receiver";

    /** Those that read what a guest can write. */
    private static final List<String> READERS =
            List.of(PROXY + "queue/SplitQueue", PROXY + "queue/DescriptorChain", PROXY + "queue/InflightBuffer",
                    RECEIVER);

    private static final String SEND_RECEIVE = "dev/wayferry/wire/crossdomain/CrossDomainSendReceive";

    private Variants() {}

    /** {@code Variants FOLDER reads|planted}: writes the variants into a folder. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        if (arguments[1].equals("planted")) {
            write(folder, RECEIVER, Variants::withoutBound);
        } else {
            for (String reader : READERS) {
                write(folder, reader, Variants::interposed);
            }
        }
    }

    /** What a transform makes of one instruction; false if it is to stay. */
    private interface Change {
        boolean apply(CodeBuilder code, InvokeInstruction call);
    }

    private static void write(Path folder, String name, Change change) throws IOException {
        int[] changed = new int[1];
        ClassModel original;
        try (InputStream in = Variants.class.getResourceAsStream("/" + name + ".class")) {
            if (in == null) {
                throw new IOException("there is no class " + name);
            }
            original = CLASS_FILE.parse(in.readAllBytes());
        }
        byte[] variant = CLASS_FILE.transformClass(
                original, ClassTransform.transformingMethodBodies((CodeBuilder code, CodeElement element) -> {
                    if (element instanceof InvokeInstruction call && change.apply(code, call)) {
                        changed[0]++;
                    } else {
                        code.with(element);
                    }
                }));
        if (changed[0] == 0) {
            throw new IOException(name + " has nothing of what a variant would change");
        }
        Path file = folder.resolve(name + ".class");
        Files.createDirectories(file.getParent());
        Files.write(file, variant);
    }

    /** Reads of memory go through {@link GuestReads}. */
    private static boolean interposed(CodeBuilder code, InvokeInstruction call) {
        if (!call.owner().asInternalName().equals(SEGMENT_NAME)) {
            return false;
        }
        String method = call.name().stringValue();
        MethodTypeDesc type = call.typeSymbol();
        if (method.equals("get") && type.parameterCount() == 2 && type.returnType().isPrimitive()) {
            code.invokestatic(GUEST_READS, "get", type.insertParameterTypes(0, SEGMENT));
            return true;
        }
        if (method.equals("copy") && type.parameterCount() == 5 && type.parameterType(2).equals(SEGMENT)) {
            code.invokestatic(GUEST_READS, "copy", type);
            return true;
        }
        return false;
    }

    /** A RECEIVE may name any number of files: what is planted, to see whether it is found. */
    private static boolean withoutBound(CodeBuilder code, InvokeInstruction call) {
        if (!call.owner().asInternalName().equals(SEND_RECEIVE) || !call.name().equalsString("capacity")) {
            return false;
        }
        code.pop();
        code.loadConstant(Integer.MAX_VALUE);
        return true;
    }
}
