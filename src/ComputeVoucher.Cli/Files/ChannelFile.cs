using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// The terms of a channel as JSON: <c>channel open</c> writes it before it sends.
/// </summary>
internal static class ChannelFile
{
    private const string Class = "class";

    /// <summary>The terms of the class, which a channel opened by this program has with it; null
    /// where the file does not hold them.</summary>
    public static VoucherClass? LoadClass(string path) => ClassFile.Inside(Read(path), path, Class);

    public static ChannelTerms Load(string path)
    {
        JsonFile file = Read(path);
        ChannelTerms terms = new(
            file.Address("holder"),
            file.Address("node"),
            file.Address("spendKey"),
            file.Bytes32("classId"),
            file.Bytes32("salt"));
        return !file.Has("id") || file.Bytes32("id") == terms.HashStruct()
            ? terms
            : throw new CommandException($"{path}: the id is not that of these terms; they give "
                + $"{terms.HashStruct()} (open another channel instead of editing one)");
    }

    /// <summary>A new file with the terms; never overwrites.</summary>
    public static void Write(string path, in ChannelTerms terms) =>
        OutputFile.WriteNew(path, Report(terms).ToJson() + "\n");

    /// <summary>The same, with the terms of the class, which tell a client of the court.</summary>
    public static void Write(string path, in ChannelTerms terms, in VoucherClass of) =>
        OutputFile.WriteNew(
            path, Report(terms).Add(Class, ClassFile.Report(of)).ToJson() + "\n");

    private static JsonFile Read(string path) => JsonFile.Load(
        path, "computevoucher channel open -o FILE",
        "id", "holder", "node", "spendKey", "classId", "salt", Class);

    public static Report Report(in ChannelTerms terms) => new Report()
        .Add("id", terms.HashStruct().ToString())
        .Add("holder", terms.Holder.ToString())
        .Add("node", terms.Node.ToString())
        .Add("spendKey", terms.SpendKey.ToString())
        .Add("classId", terms.ClassId.ToString())
        .Add("salt", terms.Salt.ToString());
}
