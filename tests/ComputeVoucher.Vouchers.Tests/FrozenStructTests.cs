using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>
/// One sample of every signed struct, every byte of it distinct from its neighbours: its hash and
/// its payload, as they were signed and stored first. A field that moves or changes its width
/// changes both.
/// </summary>
public sealed class FrozenStructTests
{
    [Fact]
    public void Class() => Frozen(
        new VoucherClass(
            A(1), U(2), (ulong)U(3), (uint)U(4), (uint)U(5), 0x1234, 0x0567, B(6), A(7)),
        "37e52c856cb108ec3c342f83b38ac0612c3848858f083e2169cb66e670393b7b",
        "202122232425262728292a2b2c2d2e2f30313233404142434445464748494a4b4c4d4e4f68696a6b"
            + "6c6d6e6f8c8d8e8facadaeaf12340567c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7"
            + "d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3");

    [Fact]
    public void Channel() => Frozen(
        new ChannelTerms(A(1), A(2), A(3), B(4), B(5)),
        "fe9500cc089911c2bb4fd72f3dd78f776e529ef6032a32a911fe4b6bb35e7af4",
        "202122232425262728292a2b2c2d2e2f30313233404142434445464748494a4b4c4d4e4f50515253"
            + "606162636465666768696a6b6c6d6e6f70717273808182838485868788898a8b8c8d8e8f90919293"
            + "9495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babb"
            + "bcbdbebf");

    [Fact]
    public void NodeJoin() => Frozen(
        new NodeJoin(A(1)),
        "bdf14c1bea68e19de4de20feca147f835faeb4112d786de2403a7d23992a7441",
        "202122232425262728292a2b2c2d2e2f30313233");

    [Fact]
    public void Order() => Frozen(
        new Order(
            B(1), (ulong)U(2), B(3), B(4), U(5) >> 65, (ulong)U(6), OrderFlags.TraceRootWanted,
            default),
        "aafa99f17e73daea5e0d68a11375cafa5a58ced64772b5ad9aa4501078eb5965",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f48494a4b4c4d4e4f"
            + "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687"
            + "88898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f00000000000000005050d151d252d353"
            + "c8c9cacbcccdcecf0200000000000000000000000000000000000000000000000000000000000000"
            + "00");

    [Fact]
    public void Accept() => Frozen(
        new Accept(B(1), (ulong)U(2)),
        "b6748a2adcd83dc9d8a87dbdc7e56e9bee92c67396fd9baa28160f76d4beda6b",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f48494a4b4c4d4e4f");

    [Fact]
    public void Cancel() => Frozen(
        new Cancel(B(1)),
        "3e49d0596b3c06e6c271d4815e2a1d038de8732232b53a22f96ff1a29b6a6871",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");

    [Fact]
    public void Receipt() => Frozen(
        new Receipt(B(1), (uint)U(2), B(3), B(4), U(5) >> 65),
        "e12fe42a0565a65dc46a6dd8dda13c68770bc1480091575c8d0c84721c490cdb",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4c4d4e4f60616263"
            + "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b"
            + "8c8d8e8f909192939495969798999a9b9c9d9e9f00000000000000005050d151d252d353");

    [Fact]
    public void TraceRoot() => Frozen(
        new TraceRootStatement(B(1), (uint)U(2), B(3)),
        "9c296288a0b9007fe633b5161767598f3d96e9a6b4c5370d8c947a7de8f181fe",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4c4d4e4f60616263"
            + "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f");

    [Fact]
    public void Ack() => Frozen(
        new Ack(B(1), U(2) >> 65, (ulong)U(3)),
        "babd89b0c0a439ea3b173c7fd15ca73cbaedc98b9b9d3e001fef6862ee37b7ff",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f0000000000000000"
            + "2020a121a222a32368696a6b6c6d6e6f");

    [Fact]
    public void Release() => Frozen(
        new Release(B(1), U(2) >> 65),
        "6353a20c6ac2ee11aa6465440becbab3fd623938ce875a11250e9b3ee692685e",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f0000000000000000"
            + "2020a121a222a323");

    [Fact]
    public void StateQuery() => Frozen(
        new StateQuery(B(1), B(2)),
        "1f704284fb38c252aa8b5a37a08f2ef7a49a983fdbd24f50975250f97d2b30a4",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647"
            + "48494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");

    [Fact]
    public void TraceQuery() => Frozen(
        new TraceQuery(B(1), B(2)),
        "1f149c1f961bfd9f8f4be74343f6a3289b1c064589bf74685fbbdd3e8fa10ff0",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647"
            + "48494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");

    [Fact]
    public void ReleaseQuery() => Frozen(
        new ReleaseQuery(B(1), U(2) >> 65, (ulong)U(3), B(4)),
        "ca4ef06c79ec52cef5ca130a58685bfcf0148304a9db5cd4950bb7f2599ec5fa",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f0000000000000000"
            + "2020a121a222a32368696a6b6c6d6e6f808182838485868788898a8b8c8d8e8f9091929394959697"
            + "98999a9b9c9d9e9f");

    [Fact]
    public void OpeningQuery() => Frozen(
        new OpeningQuery(B(1), B(2), B(3)),
        "d4405034744ea2e9ecb95b619424cbfa70ebeb72f96ff835edfa3d1185cc37c7",
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647"
            + "48494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f"
            + "707172737475767778797a7b7c7d7e7f");

    [Fact]
    public void UnsignedPayloads()
    {
        AckStored stored = new(B(1), U(2) >> 65);
        string hex = Convert.ToHexStringLower(stored.Encode());
        Assert.Equal(B(1).ToString()[2..] + "00000000000000002020a121a222a323", hex);
        Assert.True(AckStored.TryDecode(stored.Encode(), out AckStored readStored));
        Assert.Equal(stored, readStored);
    }

    /// <summary>The list of fields is the list of properties, in their order.</summary>
    [Fact]
    public void EveryStruct_ListsItsPropertiesByName()
    {
        List<Type> structs = [.. typeof(Order).Assembly.GetTypes().Where(type => type.IsValueType
            && type.GetInterfaces().Any(face => face.Name == typeof(IFieldList<>).Name))];
        Assert.NotEmpty(structs);
        foreach (Type type in structs)
        {
            string text = (string)typeof(FieldLayout<>).MakeGenericType(type)
                .GetField(nameof(FieldLayout<>.Text))!.GetValue(null)!;
            IEnumerable<string> listed = text.Split(',')
                .Select(field => field.Split(' ')[1]);
            IEnumerable<string> properties = type
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
            Assert.Equal(properties, listed);
        }
    }

    /// <summary>Every order and every ack passes here.</summary>
    [Fact]
    public void HashEncodeDecode_AllocateNothing()
    {
        Order order = Sample.Order;
        byte[] payload = new byte[Vouchers.Order.PayloadBytes];
        Bytes32 hash = order.HashStruct();
        Assert.Equal(RefusalReason.None, Twice(out long first));
        Assert.Equal(RefusalReason.None, Twice(out long bytes));
        Assert.Equal(hash, order.HashStruct());
        Assert.True(bytes == 0, $"{first} bytes at first, then {bytes}");

        RefusalReason Twice(out long allocated)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = order.HashStruct();
            order.Encode(payload);
            RefusalReason refusal = Vouchers.Order.Decode(payload, out _);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return refusal;
        }
    }

    private static Bytes32 B(int seed)
    {
        byte[] bytes = new byte[Bytes32.Size];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(32 * seed + i);
        }

        return new Bytes32(bytes);
    }

    private static Address A(int seed) => new(B(seed).Span[..Address.Size]);

    /// <summary>16 bytes that differ; the lower ones remain when it is cut.</summary>
    private static UInt128 U(int seed) =>
        BinaryPrimitives.ReadUInt128BigEndian(B(seed).Span);

    private static void Frozen<T>(in T value, string hash, string payload)
        where T : struct, ISignedStruct<T>
    {
        byte[] bytes = SignedPayload.Encode(
            value, Sample.SpendKey.Sign(value.HashStruct()));
        Assert.Equal(hash, Convert.ToHexStringLower(value.HashStruct().Span));
        Assert.Equal(payload, Convert.ToHexStringLower(bytes.AsSpan(0, bytes.Length - 64)));
        Assert.Equal(
            RefusalReason.None, SignedPayload.Decode(bytes, out T read, out Signature _));
        Assert.Equal(value, read);
    }
}
