using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Mirror;

/// <summary>Channels of a rig's class to its node, opened by its holder, whom the development chain
/// signs for.</summary>
internal static class ManyChannels
{
    private const int Together = 16;

    // As AnvilProcess starts it.
    private const int BlocksUntilFinal = 3;

    /// <summary>Buys the units, and opens the channels one transaction each.</summary>
    public static async Task OpenAsync(NodeRig rig, int count, ulong unitsEach)
    {
        rig.OnChain("voucher", "buy", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--units", $"{(ulong)count * unitsEach}",
            "--mint-dev-token");
        VoucherClass terms = ClassOf(rig);
        ChannelTerms channel = new(
            Address.Parse(rig.AddressOf("holder")), Address.Parse(rig.AddressOf("node")),
            Address.Parse(rig.AddressOf("spend")), terms.HashStruct(), default);
        string frame = $"\"from\":\"{channel.Holder}\",\"to\":\"{rig.Deployment("vouchers")}\"";
        int nonce = await MinedAsync(rig, channel.Holder);
        for (int from = 0; from < count; from += Together)
        {
            Task[] sent = new Task[Math.Min(Together, count - from)];
            for (int i = 0; i < sent.Length; i++)
            {
                byte[] salt = new byte[Bytes32.Size];
                BinaryPrimitives.WriteInt32BigEndian(salt, from + i + 1);
                byte[] call = VouchersContract.Open(
                    terms, channel with { Salt = new Bytes32(salt) }, unitsEach);
                sent[i] = rig.Chain.RpcAsync(
                    "eth_sendTransaction",
                    $"{{{frame},\"nonce\":\"0x{nonce++:x}\",\"data\":\"{Hex.Encode(call)}\"}}");
            }

            await Task.WhenAll(sent);
        }

        while (await MinedAsync(rig, channel.Holder) < nonce)
        {
            await rig.Chain.MineAsync();
        }

        await rig.Chain.MineAsync(BlocksUntilFinal);
    }

    /// <summary>Transactions of an account that are in blocks.</summary>
    private static async Task<int> MinedAsync(NodeRig rig, Address account)
    {
        JsonElement count = await rig.Chain.RpcAsync(
            "eth_getTransactionCount", $"\"{account}\",\"latest\"");
        return int.Parse(
            count.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static VoucherClass ClassOf(NodeRig rig)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(rig.PathOf("class.json")));
        JsonElement root = file.RootElement;
        ulong Number(string name) => ulong.Parse(
            root.GetProperty(name).ToString(), CultureInfo.InvariantCulture);
        VoucherClass terms = new(
            Address.Parse(root.GetProperty("token").GetString()!), Number("unitPrice"),
            Number("expiry"), (uint)Number("thaw"), (uint)Number("window"),
            (ushort)Number("premiumBps"), (ushort)Number("burnBps"),
            Bytes32.Parse(root.GetProperty("costTable").GetString()!),
            Address.Parse(root.GetProperty("court").GetString()!));
        return terms.HashStruct().ToString() == root.GetProperty("id").GetString()
            ? terms
            : throw new InvalidOperationException("class.json is not what its id says");
    }
}
