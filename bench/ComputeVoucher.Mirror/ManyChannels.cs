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
    // Of one opening, with room; where none is named, each would fill a block of its own.
    private const string Gas = "0x30d40";

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
        string frame = $"\"from\":\"{channel.Holder}\",\"to\":\"{rig.Deployment("vouchers")}\""
            + $",\"gas\":\"{Gas}\"";
        for (int i = 1; i <= count; i++)
        {
            // One after the other: the chain counts the nonces.
            byte[] salt = new byte[Bytes32.Size];
            BinaryPrimitives.WriteInt32BigEndian(salt, i);
            byte[] call = VouchersContract.Open(
                terms, channel with { Salt = new Bytes32(salt) }, unitsEach);
            await rig.Chain.RpcAsync(
                "eth_sendTransaction", $"{{{frame},\"data\":\"{Hex.Encode(call)}\"}}");
        }

        // Until no transaction waits and the last one is final.
        string waiting;
        do
        {
            await rig.Chain.MineAsync(BlocksUntilFinal);
            JsonElement pool = await rig.Chain.RpcAsync("txpool_status");
            waiting = $"{pool.GetProperty("pending")} {pool.GetProperty("queued")}";
        }
        while (waiting != "0x0 0x0");
        await rig.Chain.MineAsync(BlocksUntilFinal);
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
