#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfInputPart.h>
#include <ImfMultiPartInputFile.h>
#include <ImfMultiPartOutputFile.h>
#include <ImfOutputPart.h>
#include <ImfPartType.h>
#include <ImfRgbaYca.h>
#include <ImfStandardAttributes.h>
#include <ImfThreading.h>
#include <ImfTileDescription.h>
#include <ImfTiledInputPart.h>
#include <ImfVersion.h>
#include <OpenEXRConfig.h>

#include <sched.h>

extern "C" {
#include "app/files/exr_file.h"
#include "app/files/exr_header.h"
#include "app/files/input.h"
#include "app/files/output.h"
}

namespace
{

const int64_t MAX_CHUNK = 512 << 20; /* bytes; a damaged header may ask for anything */
const int MAX_THREADS = 16;

[[noreturn]] void fail(const std::string &reason)
{
    throw std::runtime_error(reason);
}

/* What an exception says, without the library's "Cannot read image file "". " and the full stop. */
std::string reason_of(const std::exception &exception)
{
    static const std::string prefix = "\"\". ";
    if (dynamic_cast<const std::bad_alloc *>(&exception))
        return "not enough memory";
    std::string reason = exception.what();
    size_t start = reason.rfind(prefix);
    if (start != std::string::npos)
        reason.erase(0, start + prefix.size());
    while (!reason.empty() && (reason.back() == '.' || reason.back() == '\n'))
        reason.pop_back();
    return reason;
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

class input_stream : public Imf::IStream
{
  public:
    input_stream(const char *path) : Imf::IStream("")
    {
        error error = {""};
        if (!input_open(&input, path, &error))
            fail(error.message);
    }

    ~input_stream() override
    {
        input_close(&input);
    }

    bool read(char bytes[], int count) override
    {
        uint64_t size = (uint64_t)count;
        if (size > left())
            fail("it ends too early");
        if (size > sizeof ahead) {
            fetch(bytes, size);
        } else {
            if (position < ahead_from || position + size > ahead_to) {
                ahead_to = 0;
                uint64_t fetched = std::min<uint64_t>(left(), sizeof ahead);
                fetch(ahead, fetched);
                ahead_from = position;
                ahead_to = position + fetched;
            }
            memcpy(bytes, ahead + (position - ahead_from), size);
        }
        position += size;
        return left() > 0;
    }

    uint64_t tellg() override
    {
        return position;
    }

    void seekg(uint64_t to) override
    {
        position = to;
    }

    uint64_t left() const
    {
        return position < input.size ? input.size - position : 0;
    }

    ::input input;

  private:
    void fetch(char *to, uint64_t size) const
    {
        error error = {""};
        int64_t got = input_read(&input, to, size, position, &error);
        if (got < 0)
            fail(error.message);
        if ((uint64_t)got < size)
            fail("it became shorter while it was read");
    }

    uint64_t position = 0;
    uint64_t ahead_from = 0,
             ahead_to = 0; /* of the file: what is in memory already, as headers are read byte by byte */
    char ahead[4096];
};

class output_stream : public Imf::OStream
{
  public:
    output_stream(FILE *file) : Imf::OStream(""), file(file)
    {
    }

    void write(const char bytes[], int count) override
    {
        check(fwrite(bytes, 1, (size_t)count, file) == (size_t)count);
    }

    uint64_t tellp() override
    {
        return (uint64_t)ftello(file);
    }

    void seekp(uint64_t to) override
    {
        check(fseeko(file, (off_t)to, SEEK_SET) == 0);
    }

    void check(bool ok)
    {
        if (!ok && !failure)
            failure = errno;
        if (failure)
            fail(strerror(failure));
    }

  private:
    FILE *file;
    int failure = 0; /* of the first write that failed: later ones, in destructors, would hide it */
};

/* ---- Headers ----------------------------------------------------------------------------------------------------- */

const char *type_name(Imf::PixelType type)
{
    static const char *const names[] = {"uint", "half", "float"};
    return type >= Imf::UINT && type < Imf::NUM_PIXELTYPES ? names[type] : "unknown";
}

exr_window window_of(const Imath::Box2i &box)
{
    return {box.min.x, box.min.y, (int64_t)box.max.x - box.min.x + 1, (int64_t)box.max.y - box.min.y + 1};
}

/* Of an attribute cryptomatte/KEY/name, else NULL. */
const char *cryptomatte_name(const std::string &attribute, const Imf::Attribute &value)
{
    static const std::string begin = "cryptomatte/", end = "/name";
    const auto *text = dynamic_cast<const Imf::StringAttribute *>(&value);
    bool is_name = attribute.size() > begin.size() + end.size() && attribute.compare(0, begin.size(), begin) == 0 &&
                   attribute.compare(attribute.size() - end.size(), end.size(), end) == 0;
    return text && is_name ? text->value().c_str() : nullptr;
}

/* A part, and what its description points to. */
struct part {
    Imf::Header header;
    int compression;
    char compression_text[32];
    std::vector<exr_channel> channels;
    std::vector<const char *> views, cryptomattes;
    exr_part description = {};

    void describe(int version)
    {
        for (auto i = header.channels().begin(); i != header.channels().end(); ++i)
            channels.push_back({i.name(), type_name(i.channel().type), i.channel().xSampling, i.channel().ySampling});
        if (Imf::hasMultiView(header))
            for (const std::string &view : Imf::multiView(header))
                views.push_back(view.c_str());
        for (auto i = header.begin(); i != header.end(); ++i)
            if (const char *name = cryptomatte_name(i.name(), i.attribute()))
                cryptomattes.push_back(name);
        description.name = header.hasName() ? header.name().c_str() : "";
        description.view = header.hasView() ? header.view().c_str() : "";
        description.views = views.data();
        description.view_count = (int)views.size();
        description.cryptomattes = cryptomattes.data();
        description.cryptomatte_count = (int)cryptomattes.size();
        if (compression < 0)
            compression = header.compression();
        description.compression = exr_compression_text(compression, compression_text);
        bool typed = header.hasType(), alone = !Imf::isMultiPart(version), non_image = Imf::isNonImage(version);
        description.tiled = !alone ? typed && Imf::isTiled(header.type()) : Imf::isTiled(version);
        description.deep = typed ? Imf::isDeepData(header.type()) : non_image;
        description.data = window_of(header.dataWindow());
        description.display = window_of(header.displayWindow());
        description.channels = channels.data();
        description.channel_count = (int)channels.size();
        if (alone && non_image && !description.deep)
            fail("its version number says that it is deep, its type that it is not");
    }
};

} // namespace

struct exr_file {
    std::unique_ptr<input_stream> stream; /* null: its channels are in memory */
    const exr_planes *planes = nullptr;   /* those */
    std::vector<std::unique_ptr<part>> parts;
    std::unique_ptr<Imf::MultiPartInputFile> reading; /* once pixels are asked for */
};

namespace
{

void read_headers(exr_file &file)
{
    unsigned char bytes[8];
    file.stream->read((char *)bytes, 8);
    int version = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | (bytes[7] & 127) << 24;
    if (!Imf::isImfMagic((const char *)bytes))
        fail("it does not begin as one");
    if (Imf::getVersion(version) != Imf::EXR_VERSION || !Imf::supportsFlags(Imf::getFlags(version)))
        fail("its version is " + std::to_string(version) +
             ", which this OpenEXR " OPENEXR_VERSION_STRING " does not know");
    bool multi_part = Imf::isMultiPart(version);
    do {
        auto next = std::make_unique<part>();
        uint64_t end = file.stream->tellg();
        error error = {""};
        if (!exr_walk_header(&file.stream->input, &end, &next->compression, &error))
            fail(error.message);
        next->header.readFrom(*file.stream, version);
        if (next->header.readsNothing())
            break;
        next->describe(version);
        file.parts.push_back(std::move(next));
    } while (multi_part);
    if (file.parts.empty())
        fail("it has no parts");
}

/* ---- Pixels ------------------------------------------------------------------------------------------------------ */

void start_reading(exr_file &file)
{
    if (file.reading)
        return;
    for (const auto &part : file.parts)
        if (part->compression >= Imf::NUM_COMPRESSION_METHODS)
            fail(std::string("its compression is ") + part->description.compression +
                 ", which OpenEXR " OPENEXR_VERSION_STRING " cannot read");
    file.stream->seekg(0);
    file.reading = std::make_unique<Imf::MultiPartInputFile>(*file.stream, 0, false);
}

Imf::FrameBuffer frame_buffer(const part &part, const exr_target *targets, int count)
{
    Imf::FrameBuffer buffer;
    for (int i = 0; i < count; i++) {
        const exr_target &target = targets[i];
        const exr_channel &channel = part.channels[(size_t)target.channel];
        buffer.insert(channel.name,
                      Imf::Slice::Make(Imf::FLOAT, target.samples, part.header.dataWindow(),
                                       (size_t)target.stride * sizeof(float), (size_t)target.row_stride * sizeof(float),
                                       channel.x_sampling, channel.y_sampling));
    }
    return buffer;
}

/* Lines and columns of a chunk; the library allocates some of them. */
Imath::V2i check_chunk(const part &part)
{
    Imath::V2i size((int)part.description.data.width, exr_compression_lines(part.compression));
    if (part.description.tiled && part.header.hasTileDescription()) {
        const Imf::TileDescription &tiles = part.header.tileDescription();
        size = Imath::V2i((int)tiles.xSize, (int)tiles.ySize);
    }
    int64_t bytes = 0;
    for (auto i = part.header.channels().begin(); i != part.header.channels().end(); ++i)
        bytes += i.channel().type == Imf::HALF ? 2 : 4;
    if (size.x < 1 || size.y < 1 || bytes > MAX_CHUNK || size.x > MAX_CHUNK / bytes / size.y)
        fail("its " + std::string(part.description.tiled ? "tiles" : "chunks") + " are of " + std::to_string(size.x) +
             "x" + std::to_string(size.y) + " pixels and " + std::to_string(bytes) +
             " bytes a pixel, expected at most " + std::to_string(MAX_CHUNK) + " bytes");
    return size;
}

/* Chunk by chunk, since after one that fails the library would go on with what that one left. */
void read_part(exr_file &file, int number, const exr_target *targets, int count)
{
    const part &part = *file.parts[(size_t)number];
    if (part.description.deep)
        fail("part " + std::to_string(number) + " is deep, expected a flat image");
    start_reading(file);
    Imath::V2i chunk = check_chunk(part);
    Imath::Box2i data = part.header.dataWindow();
    Imf::FrameBuffer buffer = frame_buffer(part, targets, count);
    if (Imf::isTiled(file.reading->header(number).type())) {
        Imf::TiledInputPart tiled(*file.reading, number);
        tiled.setFrameBuffer(buffer);
        for (int y = 0; y < tiled.numYTiles(0); y++)
            for (int x = 0; x < tiled.numXTiles(0); x++)
                tiled.readTile(x, y, 0);
    } else {
        Imf::InputPart lines(*file.reading, number);
        lines.setFrameBuffer(buffer);
        for (int y = data.min.y; y <= data.max.y; y += chunk.y)
            lines.readPixels(y, std::min(y + chunk.y - 1, data.max.y));
    }
}

/* ---- Channels in memory ------------------------------------------------------------------------------------------ */

std::unique_ptr<part> describe_planes(const exr_planes &planes)
{
    auto only = std::make_unique<part>();
    only->header = Imf::Header(planes.width, planes.height);
    only->compression = Imf::NO_COMPRESSION;
    for (int i = 0; i < planes.count; i++)
        only->header.channels().insert(planes.channels[i], Imf::Channel(Imf::FLOAT));
    only->describe(Imf::EXR_VERSION);
    return only;
}

void copy_plane(const exr_planes &planes, const char *channel, const exr_target &target)
{
    int plane = 0;
    while (strcmp(planes.channels[plane], channel) != 0)
        plane++;
    const float *samples = planes.samples[plane];
    for (int64_t y = 0; y < planes.height; y++)
        for (int64_t x = 0; x < planes.width; x++)
            target.samples[y * target.row_stride + x * target.stride] = *samples++;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

bool keeps_channels(const exr_writing &writing)
{
    return writing.source && writing.part < 0;
}

const exr_plane *plane_of(const exr_writing &writing, int part, const char *name)
{
    for (int i = 0; i < writing.plane_count; i++)
        if ((!keeps_channels(writing) || writing.planes[i].part == part) && strcmp(writing.planes[i].name, name) == 0)
            return &writing.planes[i];
    return nullptr;
}

/* The header of a part of the new file: scan lines, with the channels that are kept and those of the planes. */
Imf::Header header_of(const exr_writing &writing, int part)
{
    static const Imf::Compression compressions[EXR_COMPRESSION_COUNT] = {Imf::NO_COMPRESSION, Imf::ZIP_COMPRESSION,
                                                                         Imf::PIZ_COMPRESSION, Imf::DWAA_COMPRESSION};
    Imf::ChannelList channels;
    Imf::Header header(writing.width, writing.height);
    if (writing.source) {
        header = writing.source->parts[(size_t)part]->header;
        for (const char *name : {"tiles", "chunkCount", "version"})
            header.erase(name);
    }
    header.setType(Imf::SCANLINEIMAGE);
    for (auto i = header.channels().begin(); keeps_channels(writing) && i != header.channels().end(); ++i)
        if (!plane_of(writing, part, i.name()))
            channels.insert(i.name(), i.channel());
    for (int i = 0; i < writing.plane_count; i++)
        if ((!keeps_channels(writing) || writing.planes[i].part == part) && writing.planes[i].samples)
            channels.insert(writing.planes[i].name, Imf::Channel(Imf::FLOAT));
    header.channels() = channels;
    header.compression() = compressions[writing.compression];
    header.lineOrder() = Imf::INCREASING_Y;
    return header;
}

/* Some lines of the channels that are kept, in the types that they have. */
struct kept_lines {
    int count = 256; /* of whole samples of every channel: chunks enough for threads that compress */
    std::vector<std::vector<char>> samples;

    kept_lines(const Imf::Header &header)
    {
        int most = header.dataWindow().max.y - header.dataWindow().min.y + 1;
        for (auto i = header.channels().begin(); i != header.channels().end(); ++i)
            count = std::min(most, count * i.channel().ySampling / std::gcd(count, i.channel().ySampling));
    }

    /* Where the lines from y on go, or come from. */
    void insert(Imf::FrameBuffer &buffer, const char *name, const Imf::Channel &channel, const Imath::Box2i &data,
                int y)
    {
        size_t size = channel.type == Imf::HALF ? 2 : 4,
               width = (size_t)(data.max.x - data.min.x) / channel.xSampling + 1;
        samples.emplace_back(size * width * ((size_t)count / channel.ySampling + 1));
        buffer.insert(name,
                      Imf::Slice::Make(channel.type, samples.back().data(), Imath::V2i(data.min.x, y), (int64_t)width,
                                       count, size, size * width, channel.xSampling, channel.ySampling));
    }
};

void write_lines(const exr_writing &writing, int number, Imf::OutputPart &output, Imf::InputPart *input)
{
    Imath::Box2i data = output.header().dataWindow();
    kept_lines lines(output.header());
    for (int y = data.min.y; y <= data.max.y; y += lines.count) {
        int count = std::min(lines.count, data.max.y - y + 1);
        Imf::FrameBuffer kept, written;
        lines.samples.clear();
        for (auto i = output.header().channels().begin(); i != output.header().channels().end(); ++i)
            if (!plane_of(writing, number, i.name()))
                lines.insert(kept, i.name(), i.channel(), data, y);
        written = kept;
        for (int i = 0; i < writing.plane_count; i++) {
            const exr_plane &plane = writing.planes[i];
            if ((!keeps_channels(writing) || plane.part == number) && plane.samples)
                written.insert(plane.name,
                               Imf::Slice::Make(Imf::FLOAT, plane.samples, data, (size_t)plane.stride * sizeof(float),
                                                (size_t)plane.row_stride * sizeof(float)));
        }
        if (input && kept.begin() != kept.end()) {
            input->setFrameBuffer(kept);
            input->readPixels(y, y + count - 1);
        }
        output.setFrameBuffer(written);
        output.writePixels(count);
    }
}

/* Threads that compress; a file has the same bytes whatever their number. */
int compressing_threads()
{
    static const int count = [] {
        cpu_set_t processors; /* that this process may use */
        const int most = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
        Imf::setGlobalThreadCount(most > 1 ? std::min(most, MAX_THREADS) : 0);
        return Imf::globalThreadCount();
    }();
    return count;
}

void write_parts(Imf::OStream &stream, const exr_writing &writing)
{
    int first = keeps_channels(writing) || !writing.source ? 0 : writing.part;
    int end = keeps_channels(writing) ? (int)writing.source->parts.size() : first + 1;
    std::vector<Imf::Header> headers;
    for (int part = first; part < end; part++) {
        if (writing.source && writing.source->parts[(size_t)part]->description.deep)
            fail("part " + std::to_string(part) + " of the frame is deep, and deep parts cannot be kept");
        headers.push_back(header_of(writing, part));
    }
    if (keeps_channels(writing))
        start_reading(*writing.source);
    Imf::MultiPartOutputFile file(stream, headers.data(), (int)headers.size(), false, compressing_threads());
    for (int part = first; part < end; part++) {
        Imf::OutputPart output(file, part - first);
        std::unique_ptr<Imf::InputPart> input;
        if (keeps_channels(writing)) {
            check_chunk(*writing.source->parts[(size_t)part]);
            input = std::make_unique<Imf::InputPart>(*writing.source->reading, part);
        }
        write_lines(writing, part, output, input.get());
    }
}

void write_file(FILE *to, const exr_writing &writing)
{
    output_stream stream(to);
    write_parts(stream, writing);
    stream.check(true); /* what the last part's end did not say */
}

} // namespace

/* ---- The interface ----------------------------------------------------------------------------------------------- */

exr_file *exr_file_open(const char *path, error *error)
{
    std::unique_ptr<exr_file> file;
    try {
        file = std::make_unique<exr_file>();
        file->stream = std::make_unique<input_stream>(path);
        read_headers(*file);
        return file.release();
    } catch (const std::exception &exception) {
        std::string reason = reason_of(exception);
        if (!file || !file->stream)
            error_set(error, "%s", reason.c_str());
        else
            error_set(error, "not a readable OpenEXR file (%llu bytes in the file): %s",
                      (unsigned long long)file->stream->input.size, reason.c_str());
        return nullptr;
    }
}

exr_file *exr_file_of_planes(const exr_planes *planes, error *error)
{
    try {
        auto file = std::make_unique<exr_file>();
        file->planes = planes;
        file->parts.push_back(describe_planes(*planes));
        return file.release();
    } catch (const std::exception &exception) {
        error_set(error, "%s", reason_of(exception).c_str());
        return nullptr;
    }
}

void exr_file_close(exr_file *file)
{
    delete file;
}

int exr_file_part_count(const exr_file *file)
{
    return (int)file->parts.size();
}

const exr_part *exr_file_part(const exr_file *file, int part)
{
    return &file->parts[(size_t)part]->description;
}

bool exr_file_read(exr_file *file, int part, const exr_target *targets, int count, error *error)
{
    for (int i = 0; file->planes && i < count; i++)
        copy_plane(*file->planes, file->parts[0]->channels[(size_t)targets[i].channel].name, targets[i]);
    if (file->planes)
        return true;
    try {
        read_part(*file, part, targets, count);
        return true;
    } catch (const std::exception &exception) {
        return error_set(error, "cannot decode the pixels (%llu bytes in the file): %s",
                         (unsigned long long)file->stream->input.size, reason_of(exception).c_str());
    }
}

bool exr_file_luminance(const exr_file *file, int part, float luminance[3], error *error)
{
    const Imf::Header &header = file->parts[(size_t)part]->header;
    try {
        Imath::V3f of =
            Imf::RgbaYca::computeYw(hasChromaticities(header) ? chromaticities(header) : Imf::Chromaticities());
        std::copy(&of[0], &of[0] + 3, luminance);
        return true;
    } catch (const std::exception &exception) {
        return error_set(error, "its chromaticities are of no use: %s", reason_of(exception).c_str());
    }
}

bool exr_file_write(const char *path, const exr_writing *writing, error *error)
{
    output output;
    bool written = false;
    if (!output_open(&output, path, error))
        return false;
    try {
        write_file(output.file, *writing);
        written = true;
    } catch (const std::exception &exception) {
        error_set(error, "%s: cannot write: %s", path, reason_of(exception).c_str());
    }
    return output_close(&output, written, error);
}
