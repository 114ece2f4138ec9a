/* An ESP32 under ESP-IDF 5: beams at GPIO 32 and 33 (high while broken), the gateway at UART 1, pins 17 (TX) and 16 (RX).
 *
 * The vendor's toolchain is not in Debian, so this file alone is not compiled by Siaga's tests; the rest of the board is,
 * as plain C. In a project of ESP-IDF: SRCS "main.c" "esp32.c" "beams.c" "../siaga.c", and -Dmain=app_run for main.c.
 */
#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "platform.h"

#define OUTER GPIO_NUM_32
#define INNER GPIO_NUM_33
#define PORT UART_NUM_1

int app_run(void);

void app_main(void) { app_run(); }

void platform_start(void)
{
    const gpio_config_t beams = {
        .pin_bit_mask = 1ULL << OUTER | 1ULL << INNER, .mode = GPIO_MODE_INPUT, .pull_up_en = GPIO_PULLUP_ENABLE};
    const uart_config_t line = {.baud_rate = 38400,
                                .data_bits = UART_DATA_8_BITS,
                                .parity = UART_PARITY_DISABLE,
                                .stop_bits = UART_STOP_BITS_1,
                                .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
                                .source_clk = UART_SCLK_DEFAULT};
    ESP_ERROR_CHECK(gpio_config(&beams));
    ESP_ERROR_CHECK(uart_driver_install(PORT, 256, 256, 0, NULL, 0));
    ESP_ERROR_CHECK(uart_param_config(PORT, &line));
    ESP_ERROR_CHECK(uart_set_pin(PORT, 17, 16, UART_PIN_NO_CHANGE, UART_PIN_NO_CHANGE));
}

uint16_t boot_number(void) { return (uint16_t)esp_random(); }

uint32_t now_ms(void) { return (uint32_t)(esp_timer_get_time() / 1000); }

bool outer_beam_is_broken(void) { return gpio_get_level(OUTER) != 0; }

bool inner_beam_is_broken(void) { return gpio_get_level(INNER) != 0; }

int heard_byte(void)
{
    uint8_t byte;
    return uart_read_bytes(PORT, &byte, 1, 0) == 1 ? byte : -1;
}

void send_bytes(const uint8_t *bytes, size_t count) { uart_write_bytes(PORT, bytes, count); }

bool wait_a_moment(void)
{
    vTaskDelay(1);
    return true;
}
