using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>
/// Creation code of the contracts, embedded at build time: creation.pack of src/contracts/out,
/// whose layout build.mjs says.
/// </summary>
internal static class ContractCode
{
    /// <summary>Twelve contracts of 24,576 bytes at most (EIP-170), and their constructors.
    /// </summary>
    private const int PackBytesMax = 512 << 10;

    private static readonly Lazy<byte[]> s_pack = new(Unpack);

    /// <summary>What creates a contract, with its constructor's arguments, all of them addresses.
    /// </summary>
    public static byte[] Of(string contract, params ReadOnlySpan<Address> arguments)
    {
        AbiWriter words = new();
        foreach (Address argument in arguments)
        {
            words.Write(argument);
        }

        return [.. Read(contract), .. words.ToArray()];
    }

    private static ReadOnlySpan<byte> Read(string contract)
    {
        ReadOnlySpan<byte> rest = s_pack.Value;
        while (!rest.IsEmpty)
        {
            string name = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
            rest = rest[(1 + rest[0])..];
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            if (name == contract)
            {
                return rest.Slice(sizeof(int), length);
            }

            rest = rest[(sizeof(int) + length)..];
        }

        throw new CommandException(
            $"this build holds no code of {contract} (build it with ./run.sh build)");
    }

    private static byte[] Unpack()
    {
        using Stream stream = typeof(ContractCode).Assembly
            .GetManifestResourceStream("contracts/creation")
            ?? throw new CommandException(
                "this build holds no contracts (build it with ./run.sh build)");
        byte[] packed = new byte[stream.Length];
        stream.ReadExactly(packed);
        return Inflate.Read(packed, PackBytesMax);
    }
}
